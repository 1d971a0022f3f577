# leat_add_nodes(TARGET NODES a/one.cpp … [SOURCES other.cpp …] [LIBRARIES lib …])
# An object library of node files. Each NODES file holds one LEAT_NODE; its name after the target's (leat_nodes_image_resize) makes the name
# of the function that registers it, for two families may have files of one name, and a generated file calls them all:
# void leat_register_TARGET(leat::Registry&).
function(leat_add_nodes target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "NODES;SOURCES;LIBRARIES")
  set(declarations "")
  set(calls "")
  foreach(file IN LISTS arg_NODES)
    string(REGEX REPLACE "\\.cpp$" "" name "${file}")
    string(MAKE_C_IDENTIFIER "${target}_${name}" name)
    set_source_files_properties(${file} PROPERTIES COMPILE_DEFINITIONS LEAT_FILE=${name})
    string(APPEND declarations "void leat_register_${name}(leat::Registry&);\n")
    string(APPEND calls "  leat_register_${name}(registry);\n")
  endforeach()
  set(table ${CMAKE_CURRENT_BINARY_DIR}/${target}_table.cpp)
  file(CONFIGURE OUTPUT ${table} CONTENT
    "#include \"leat/registry.h\"\n\n${declarations}\nvoid leat_register_${target}(leat::Registry& registry) {\n${calls}}\n")
  add_library(${target} OBJECT ${arg_NODES} ${arg_SOURCES} ${table})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/nodes)
  target_link_libraries(${target} PUBLIC leat_engine ${arg_LIBRARIES} PRIVATE leat_warnings)
endfunction()
