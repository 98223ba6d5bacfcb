# Compilers and libraries of one target; tools/wheels/prefix.py makes the folder that LITEFS_PREFIX names.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR "$ENV{LITEFS_MACHINE}")

foreach(tool IN ITEMS C_COMPILER CXX_COMPILER AR RANLIB)
  set(CMAKE_${tool} "$ENV{LITEFS_PREFIX}/bin/${tool}")
endforeach()
# zig remembers objects by the contents of all that went into them.
set(CMAKE_CXX_COMPILER_LAUNCHER "" CACHE STRING "")
set(CMAKE_C_FLAGS_INIT "$ENV{LITEFS_FLAGS}")
set(CMAKE_CXX_FLAGS_INIT "$ENV{LITEFS_FLAGS}")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-s")
set(CMAKE_MODULE_LINKER_FLAGS_INIT "-s")

# Only what was made for the target: this machine's headers would bring its C library with them.
set(CMAKE_FIND_ROOT_PATH "$ENV{LITEFS_PREFIX}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_FIND_PACKAGE_PREFER_CONFIG ON)  # PythonConfig.cmake stands for FindPython, which wants an interpreter
set(OPENSSL_USE_STATIC_LIBS ON)
