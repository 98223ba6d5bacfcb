// What a wrong configuration is told: file, line, column, key, cause and fix.
#include <gmock/gmock.h>

#include "litefs/config.hpp"

namespace litefs {
namespace {

using ::testing::HasSubstr;

std::vector<std::string> errors_of(std::string const& yaml) {
  auto const loaded = load_config(yaml, "f.yml", [](auto const&) { return std::optional<std::string>(); });
  std::vector<std::string> texts;
  if (auto const* errors = std::get_if<std::vector<config_error>>(&loaded)) {
    for (auto const& e : *errors) texts.push_back(to_string(e));
  }
  return texts;
}

TEST(config_errors, one_text) {
  EXPECT_EQ(errors_of("target: 127.0.0.1:8000\nread-wait: 5\n"),
            std::vector<std::string>{"f.yml:2:12: read-wait: '5' is not a duration of whole milliseconds "
                                     "(fix: write for example 10s or 250ms)"});
}

std::string const target = "target: 127.0.0.1:8000\n";
std::string const litefs_part = "litefs: {url: \"http://127.0.0.1:20202\", mount: /litefs, hostname: n0}\n";
std::string const secret = "secret: 0123456789abcdef\n";
std::string const databases = "databases: db\n";

TEST(config_errors, each_names_its_place) {
  struct row {
    std::string yaml;  // below the target, which is line 1
    std::string expected;
  };
  for (auto const& [yaml, expected] : {
           row{"red-wait: 1s\n", "f.yml:2:1: red-wait: is no known key (fix: did you mean 'read-wait'?)"},
           row{"log: {levle: info}\n", "f.yml:2:7: log.levle: is no known key (fix: did you mean 'level'?)"},
           row{"read-wait: 1s\nread-wait: 2s\n", "f.yml:3:1: read-wait: is given twice"},
           row{"read-wait:\n", "read-wait: has no value"},
           row{"read-wait: [1s]\n", "f.yml:2:12: read-wait: must be a single value"},
           row{"read-wait: 1500us\n", "read-wait: '1500us' is not a duration"},
           row{"stale-reads: maybe\n", "f.yml:2:14: stale-reads: 'maybe' is not true or false"},
           row{"threads: -1\n", "f.yml:2:10: threads: '-1' is not a number from 0"},
           row{"limits: {headers: 0}\n", "limits.headers: '0' is not a number from 1"},
           row{"limits: {body: 5GB}\n", "limits.body: '5GB' is not a size"},
           row{"limits: {body: 99999999999GiB}\n", "is not a size"},
           row{"limits: {header-bytes: 10}\n", "f.yml:2:10: limits.header-bytes: is below 1KiB"},
           row{"timeouts: {response: 0s}\n",
               "f.yml:2:22: timeouts.response: '0s' is not a duration of whole milliseconds from 1ms"},
           row{"primary-redirect-timeout: 61s\n",
               "f.yml:2:1: primary-redirect-timeout: lets a peer hold a write for longer"},
           row{"timeouts: {response: 24s}\n", "f.yml:2:12: timeouts.response: lets a peer hold"},
           row{"ack: eventually\n", "f.yml:2:6: ack: 'eventually' is not replicated or local"},
           row{"ack-timeout: 3s\n", "f.yml:2:1: ack-timeout: is above handoff-drain"},
           row{"limits: 5\n", "f.yml:2:9: limits: must be a map"},
           row{"addr: 8081\n", "f.yml:2:7: addr: '8081' is not an address"},
           row{"addr: 127.0.0.1:8000\n", "f.yml:1:1: target: is our own addr"},
           row{"admin-addr: 20203\n", "f.yml:2:13: admin-addr: '20203' is not an address"},
           row{"admin-addr: \":8081\"\n", "f.yml:2:1: admin-addr: is the addr or the target too"},
           row{"admin-addr: 127.0.0.1:8000\n", "f.yml:2:1: admin-addr: is the addr or the target too"},
           row{"passthrough: [static]\n", "f.yml:2:15: passthrough: 'static' is not a path rule"},
           row{"trusted-proxies: 10.0.0.0/33\n",
               "trusted-proxies: '10.0.0.0/33' is not an address or a network"},
           row{"transport: replay\n",
               "f.yml:2:12: transport: 'replay' is not one of direct, auto, fly-replay"},
           row{"transport: fly-replay\ntrusted-proxies: 172.16.0.0/12\n",
               "f.yml:2:1: transport: fly-replay needs a cluster"},
           row{"transport: fly-replay\n" + litefs_part + databases + secret,
               "f.yml:2:1: transport: fly-replay needs trusted-proxies"},
           row{"extra-methods: [CONNECT]\n", "extra-methods: 'CONNECT' is not a method"},
           row{"cookie: {name: \"a b\"}\n", "cookie.name: is no cookie name"},
           row{"cookie: {same-site: lax}\n", "cookie.same-site: 'lax' is not one of Lax, Strict, None"},
           row{"log: {format: xml}\n", "log.format: 'xml' is not json or text"},
           row{"socket: ${NOT_THERE}/s\n",
               "f.yml:2:9: socket: the environment variable NOT_THERE is not set"},
           row{"socket: ${NOT_THERE\n", "socket: has a '${' without '}'"},
           row{"ready: {path: up}\n", "ready.path: must start with '/'"},
           row{"secret: short\n", "f.yml:2:1: secret: is shorter than 16 bytes"},
           row{"secret-file: /not/there\n", "secret-file: cannot read /not/there"},
           row{"primary-url: http://n0:8081\n", "primary-url: has no {hostname}"},
           row{"primary-url: \"ftp://{hostname}:8081\"\n", "is not of the form http://{hostname}:port"},
           row{"primary-url: {n0: \"http://n0:80/x\"}\n",
               "primary-url.n0: 'http://n0:80/x' is not of the form"},
           row{"exec: {name: app}\n", "exec: must be a list of maps"},
           row{"exec: [{name: app}]\n", "f.yml:2:1: exec[0].cmd: is missing"},
           row{"exec: [{name: a, cmd: gunicorn}]\n", "f.yml:2:23: exec[0].cmd: must be a list of words"},
           row{"exec: [{name: a, cmd: [b]}, {name: a, cmd: [c]}]\n", "exec[1].name: 'a' is taken"},
           row{"exec: [{name: a, cmd: [b], run-on: leader}]\n", "exec[0].run-on: 'leader' is not one of"},
           row{"exec: [{name: a, cmd: [b], stop-signal: STOP}]\n", "'STOP' is not one of TERM"},
           row{litefs_part + databases, "secret: is missing"},
           row{litefs_part + secret, "databases: is missing"},
           row{secret + databases + "litefs: {mount: /l, hostname: n0}\n",
               "f.yml:4:1: litefs.url: is missing"},
           row{secret + databases + "litefs: {url: \"http://h:1\", mount: l, hostname: n0}\n",
               "f.yml:4:29: litefs.mount: must be an absolute path"},
           row{secret + databases + "litefs: {url: \"http://h:1\", mount: /l, hostname: \"n0:80\"}\n",
               "litefs.hostname: must be"},
           row{secret + databases + "litefs: {url: \"127.0.0.1:20202\", mount: /l, hostname: n0}\n",
               "litefs.url: '127.0.0.1:20202' is not a URL"},
           row{"databases: [a/b]\n", "databases: 'a/b' is no name of a database"},
           row{"databases: [db-wal]\n", "databases: 'db-wal' is no name of a database"},
       }) {
    auto const errors = errors_of(target + yaml);
    ASSERT_EQ(errors.size(), 1U) << yaml << ::testing::PrintToString(errors);
    EXPECT_THAT(errors.front(), HasSubstr(expected)) << yaml;
    EXPECT_THAT(errors.front(), HasSubstr("(fix: ")) << yaml;
  }
}

TEST(config_errors, documents_that_are_none) {
  EXPECT_THAT(errors_of("target: [\n").front(), HasSubstr("f.yml:2:1: is not YAML: "));
  EXPECT_THAT(errors_of("").front(), HasSubstr("must hold one YAML document"));
  EXPECT_THAT(errors_of("a: 1\n---\nb: 2\n").front(), HasSubstr("must hold one YAML document"));
  EXPECT_THAT(errors_of("- a\n").front(), HasSubstr("must be a map"));
  EXPECT_THAT(errors_of("read-wait: 1s\n").front(), HasSubstr("f.yml: target: is missing"));
}

TEST(config_errors, all_are_reported) {
  EXPECT_EQ(errors_of("threads: x\nread-wait: y\nwrong: z\n" + litefs_part).size(), 6U);
}

}  // namespace
}  // namespace litefs
