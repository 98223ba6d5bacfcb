# How our own code is compiled: warnings are errors there and only there (dependencies are SYSTEM includes).
# In a wheel they are none: a compiler that we do not know may warn of something new.
cmake_dependent_option(LITEFS_WERROR "Warnings in our own code are errors" ON "NOT SKBUILD_STATE STREQUAL wheel" OFF)
add_library(litefs_warnings INTERFACE)
target_compile_options(litefs_warnings
  INTERFACE -Wall -Wextra -Wpedantic -Wconversion $<$<BOOL:${LITEFS_WERROR}>:-Werror>)

# The static libraries also go into the Python module. One flag for all, executables included, so that
# they can share a precompiled header.
add_compile_options(-fPIC)

if(LITEFS_SANITIZE)
  # null and vptr double the compile time of Asio code; what they find, AddressSanitizer finds as a crash.
  add_compile_options(-fsanitize=${LITEFS_SANITIZE} -fno-sanitize=null,vptr -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${LITEFS_SANITIZE})
  if(LITEFS_SANITIZE STREQUAL "thread")
    add_compile_options(-Wno-tsan)  # Asio's fences stand beside its mutexes
  endif()
endif()

# pch_defines and time_macros are what ccache asks for before it caches users of a precompiled header.
find_program(LITEFS_CCACHE ccache)
if(LITEFS_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${LITEFS_CCACHE}")
endif()
