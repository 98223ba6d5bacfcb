// The one translation unit that compiles Boost.Asio's and Boost.Beast's non-template code
// (BOOST_ASIO_SEPARATE_COMPILATION in cmake/proxy.cmake): it takes a fifth off the compile time of every
// other.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
