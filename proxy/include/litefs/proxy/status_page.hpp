// The files of the page at admin-addr, made by cmake/status_page.cmake from those of the page in Django's
// admin.
#pragma once

#include <array>
#include <string_view>

namespace litefs::proxy {

struct page_file {
  std::string_view path;
  std::string_view content_type;
  std::string_view text;
};

extern std::array<page_file, 4> const status_page_files;

}  // namespace litefs::proxy
