// nonna-classify: logistic classifiers on a model's responses, one unit a class.
#include "jobs.h"

int main(int argc, char** argv)
{
    nonna::Command command("nonna-classify", "recognise classes: logistic units on a model's responses");
    add_fit(command);
    add_finetune(command);
    add_eval(command);
    add_predict(command);
    return run_tool(argc, argv, command);
}
