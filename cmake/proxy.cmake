# litefs_proxy: bytes, sockets, child processes. litefs-proxy: the executable around it.
file(GLOB proxy_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/proxy/src/*.cpp")
if(NOT TARGET litefs_core OR NOT proxy_sources)
  return()
endif()
add_library(litefs_proxy STATIC ${proxy_sources})
set_source_files_properties("${PROJECT_SOURCE_DIR}/proxy/src/version.cpp"
  PROPERTIES COMPILE_DEFINITIONS "LITEFS_VERSION=\"${PROJECT_VERSION}\"")
include(status_page)
target_include_directories(litefs_proxy PUBLIC "${PROJECT_SOURCE_DIR}/proxy/include")
target_include_directories(litefs_proxy SYSTEM PUBLIC "${CLI11_INCLUDE_DIR}" "${PROMETHEUS_INCLUDE_DIR}")
target_compile_definitions(litefs_proxy PUBLIC BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION)
# GCC 12 takes Asio's own recycling allocator of coroutine frames for a mismatch when it inlines one half of it.
target_compile_options(litefs_proxy PUBLIC -Wno-mismatched-new-delete)
target_precompile_headers(litefs_proxy PRIVATE
  <boost/asio.hpp> <boost/asio/ssl.hpp> <boost/beast/core.hpp> <boost/beast/http.hpp> <spdlog/spdlog.h>
  <chrono> <functional> <map> <memory> <optional> <string> <string_view> <vector>)
target_link_libraries(litefs_proxy
  PUBLIC litefs_core OpenSSL::SSL spdlog::spdlog SQLite::SQLite3 "${PROMETHEUS_CORE_LIBRARY}" Threads::Threads
  PRIVATE litefs_warnings)

if(EXISTS "${PROJECT_SOURCE_DIR}/proxy/main.cpp")
  add_executable(litefs-proxy "${PROJECT_SOURCE_DIR}/proxy/main.cpp")
  target_link_libraries(litefs-proxy PRIVATE litefs_proxy litefs_warnings)
  install(TARGETS litefs-proxy RUNTIME DESTINATION django_litefs/bin)
endif()
