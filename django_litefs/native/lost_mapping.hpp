// Keeps a process alive that touches a mapped file of a LiteFS mount that is gone.
//
// SQLite maps the WAL index (`<database>-shm`). When LiteFS is killed, a page of it that the kernel does not
// have at hand can no longer be read, and touching it raises SIGBUS: the worker dies with all its requests.
// A handler puts an empty page of the process's own in that place, so the statement goes on to its next
// system call, which fails with an error that is reported. The database cannot be harmed by it: nothing of
// that mount can be written any more. On a live mount, and for any other memory, SIGBUS stays what it was.
// Source for the signal: mmap(2), "Use of a mapped region can result in these signals".
#pragma once

#include <cstdint>
#include <string>

namespace litefs::python {

// From now on for mappings of the mount with this st_dev. The last 16 mounts of the process are known.
// Cheap to repeat, and thread-safe. Takes SIGBUS at the first call and passes on what is not its own.
void survive_loss(std::string const& mount, std::uint64_t device);

}  // namespace litefs::python
