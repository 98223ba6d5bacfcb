#include "litefs/path_pattern.hpp"

#include <gtest/gtest.h>

namespace litefs {
namespace {

TEST(path_pattern, matches_with_wildcards) {
  struct row {
    std::string pattern;
    std::string_view path;
    bool expected;
  };
  for (auto const& [pattern, path, expected] :
       {row{"/static/*", "/static/a/b.js", true}, row{"/static/*", "/static/", true},
        row{"/static/*", "/static", false}, row{"*.js", "/a/b.js", true}, row{"*.js", "/a/b.jsx", false},
        row{"*", "/", true}, row{"/a", "/a", true}, row{"/a", "/ab", false}, row{"/a*c*e", "/abcde", true},
        row{"/a*c*e", "/abcd", false}, row{"", "/", false},
        row{"/*a*a*a*a*a*b", "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false}, row{"**", "/x", true}}) {
    EXPECT_EQ(path_pattern(pattern).matches(path), expected) << pattern << " on " << path;
  }
  EXPECT_TRUE(matches_any({path_pattern("/x"), path_pattern("/y*")}, "/yes"));
  EXPECT_FALSE(matches_any({}, "/yes"));
}

TEST(path_pattern, one_canonical_form) {
  struct row {
    std::string_view target;
    std::string path;
  };
  for (auto const& [target, path] :
       {row{"/", "/"}, row{"/a/b?x=../y", "/a/b"}, row{"/%61dmin/", "/admin/"}, row{"/%7Euser/", "/~user/"},
        row{"/%40x", "/@x"}, row{"/caf%c3%a9", "/caf%C3%A9"}, row{"/a%20b", "/a%20b"}, row{"/a/", "/a/"},
        row{"*", "*"}, row{"/.well-known/x", "/.well-known/x"}, row{"/a..b/...", "/a..b/..."}}) {
    auto const got = canonicalise(target);
    EXPECT_FALSE(got.ambiguous) << target;
    EXPECT_EQ(got.path, path);
  }
}

TEST(path_pattern, ambiguous_paths_are_marked) {
  for (std::string_view const target : {"",
                                        "a",
                                        "/static/../admin",
                                        "/static/%2e%2e/admin",
                                        "/static/%2E./admin",
                                        "/a/.",
                                        "/a/./b",
                                        "//",
                                        "/a//b",
                                        "/a;x",
                                        "/a%2Fb",
                                        "/a%2fb",
                                        "/a%5cb",
                                        "/a\\b",
                                        "/a%00",
                                        "/a%",
                                        "/a%4",
                                        "/a%zz",
                                        "/a%3bx",
                                        "/a%252e",
                                        "/a%3fb",
                                        "/a\x80",
                                        "/..",
                                        "/a%0d%0ab"}) {
    EXPECT_TRUE(canonicalise(target).ambiguous) << target;
  }
}

}  // namespace
}  // namespace litefs
