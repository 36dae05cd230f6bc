// The jobs of nonna-dataset: each declares its options on the program and binds what it does. What the options are
// bound to lives as long as the process.
#pragma once

#include "cli/run_tool.h"

void add_pack(nonna::Command& program);
void add_faces(nonna::Command& program);
void add_audit(nonna::Command& program);
void add_testset(nonna::Command& program);
void add_split(nonna::Command& program);
void add_build(nonna::Command& program);
void add_merge(nonna::Command& program);
void add_remove(nonna::Command& program);
void add_verify(nonna::Command& program);
void add_sheet(nonna::Command& program);
