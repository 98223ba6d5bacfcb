# The page at admin-addr, built into litefs-proxy. Its parts are those that Django's admin shows.
set(page_parts
  CLUSTER_HTML django_litefs/templates/django_litefs/cluster.html
  CLUSTER_CSS django_litefs/static/django_litefs/cluster.css
  CLUSTER_JS django_litefs/static/django_litefs/cluster.js
  STATUS_CSS proxy/page/status.css)
while(page_parts)
  list(POP_FRONT page_parts name path)
  file(READ "${PROJECT_SOURCE_DIR}/${path}" ${name})
  set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${path}")
endwhile()
configure_file("${PROJECT_SOURCE_DIR}/proxy/page/status.html.in" status.html @ONLY)
file(READ "${CMAKE_CURRENT_BINARY_DIR}/status.html" STATUS_HTML)
configure_file("${PROJECT_SOURCE_DIR}/proxy/page/status_page.cpp.in" status_page.cpp @ONLY)
target_sources(litefs_proxy PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/status_page.cpp")
