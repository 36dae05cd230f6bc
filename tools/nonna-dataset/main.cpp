// nonna-dataset: image sets from pictures, detections into them, test sets and contact sheets out of them.
#include "jobs.h"

int main(int argc, char** argv)
{
    nonna::Command command("nonna-dataset", "make image sets, test sets and contact sheets");
    add_pack(command);
    add_faces(command);
    add_audit(command);
    add_testset(command);
    add_sheet(command);
    return run_tool(argc, argv, command);
}
