# litefs_core: values in, values out. Boost headers, yaml-cpp and OpenSSL's HMAC; never sockets or threads.
file(GLOB core_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/core/src/*.cpp")
if(NOT core_sources)
  return()
endif()
add_library(litefs_core STATIC ${core_sources})
target_include_directories(litefs_core PUBLIC "${PROJECT_SOURCE_DIR}/core/include")
target_compile_definitions(litefs_core PUBLIC BOOST_ALL_NO_LIB)
target_link_libraries(litefs_core PUBLIC Boost::headers yaml-cpp::yaml-cpp OpenSSL::Crypto PRIVATE litefs_warnings)
