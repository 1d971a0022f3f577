include(leat_plugin)

# leat_add_nodes(TARGET NODES a/one.cpp … [SOURCES other.cpp …] [LIBRARIES lib …])
# An object library of node files, with a generated function that registers them all: void leat_register_TARGET(leat::Registry&).
function(leat_add_nodes target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "NODES;SOURCES;LIBRARIES")
  leat_node_table(${target} declarations calls ${arg_NODES})
  set(table ${CMAKE_CURRENT_BINARY_DIR}/${target}_table.cpp)
  file(CONFIGURE OUTPUT ${table} CONTENT
    "#include \"leat/registry.h\"\n\n${declarations}\nvoid leat_register_${target}(leat::Registry& registry) {\n${calls}}\n")
  add_library(${target} OBJECT ${arg_NODES} ${arg_SOURCES} ${table})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/nodes ${PROJECT_SOURCE_DIR}/nodes/include)
  target_link_libraries(${target} PUBLIC leat_engine ${arg_LIBRARIES} PRIVATE leat_warnings)
endfunction()
