# django_litefs/_core: a thin nanobind layer over litefs_core.
file(GLOB native_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/django_litefs/native/*.cpp")
if(NOT TARGET litefs_core OR NOT native_sources)
  return()
endif()
find_package(Python 3.10 REQUIRED COMPONENTS Interpreter Development.Module OPTIONAL_COMPONENTS Development.SABIModule)
if(NOT DEFINED nanobind_ROOT)  # outside a wheel build nanobind is only known to the interpreter
  execute_process(COMMAND "${Python_EXECUTABLE}" -m nanobind --cmake_dir
                  OUTPUT_STRIP_TRAILING_WHITESPACE OUTPUT_VARIABLE nanobind_ROOT)
endif()
find_package(nanobind CONFIG REQUIRED)
nanobind_add_module(_core NB_STATIC STABLE_ABI NB_DOMAIN litefs ${native_sources})
target_link_libraries(_core PRIVATE litefs_core litefs_warnings)
install(TARGETS _core LIBRARY DESTINATION django_litefs)
