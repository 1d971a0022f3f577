# The installed package: the command, the three libraries, the headers that authors include, and find_package(leat).
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/leat)
set_target_properties(leat PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
set_target_properties(leat_nodes leat_tools PROPERTIES INSTALL_RPATH "$ORIGIN")
install(TARGETS leat leat_engine leat_tools leat_nodes EXPORT leat_targets FILE_SET HEADERS)
install(EXPORT leat_targets NAMESPACE leat:: DESTINATION ${package})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/leat-config.cmake.in ${CMAKE_BINARY_DIR}/leat-config.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/leat-config-version.cmake COMPATIBILITY SameMinorVersion)
# The build's folder is such a package as well, for plugins beside a leat that is not installed.
export(EXPORT leat_targets NAMESPACE leat:: FILE ${CMAKE_BINARY_DIR}/leat_targets.cmake)
foreach(file FindOpenCV leat_plugin leat_torch)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/${file}.cmake ${CMAKE_BINARY_DIR}/${file}.cmake COPYONLY)
endforeach()
install(FILES
  ${CMAKE_BINARY_DIR}/leat-config.cmake
  ${CMAKE_BINARY_DIR}/leat-config-version.cmake
  ${CMAKE_CURRENT_LIST_DIR}/FindOpenCV.cmake
  ${CMAKE_CURRENT_LIST_DIR}/leat_plugin.cmake
  ${CMAKE_CURRENT_LIST_DIR}/leat_torch.cmake
  DESTINATION ${package})
