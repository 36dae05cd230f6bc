// The jobs of nonna-classify: each declares its options on the program and binds what it does. What the options are
// bound to lives as long as the process.
#pragma once

#include "cli/run_tool.h"

void add_fit(nonna::Command& program);
void add_finetune(nonna::Command& program);
void add_eval(nonna::Command& program);
void add_predict(nonna::Command& program);
