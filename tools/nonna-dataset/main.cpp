// nonna-dataset: image sets, built night by night or packed at once; detections, test sets, contact sheets.
#include "jobs.h"

int main(int argc, char** argv)
{
    nonna::Command command("nonna-dataset", "build, annotate and check image sets");
    add_build(command);
    add_merge(command);
    add_remove(command);
    add_pack(command);
    add_faces(command);
    add_audit(command);
    add_testset(command);
    add_split(command);
    add_verify(command);
    add_sheet(command);
    return run_tool(argc, argv, command);
}
