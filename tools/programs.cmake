# Writes OUT, the programs that nonna shows: their names, and what each says of itself in the second line of its --help.
# So no list is kept by hand. PROGRAMS: their files.
set(rows "")
foreach(program ${PROGRAMS})
  get_filename_component(name ${program} NAME)
  execute_process(COMMAND ${program} --help OUTPUT_VARIABLE help COMMAND_ERROR_IS_FATAL ANY)
  if(NOT help MATCHES "^Usage: [^\n]*\n([^\n\"]*)\\.\n")
    message(FATAL_ERROR "the second line of ${name} --help is not a sentence about it")
  endif()
  string(APPEND rows "{\"${name}\", \"${CMAKE_MATCH_1}\"},\n")
endforeach()
file(WRITE ${OUT} "${rows}")
