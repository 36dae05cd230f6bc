// Private to this room: to be told of the first allocation that fails, wherever in the process it happens.
//
// Libraries answer a failed malloc in many ways: with an error that says so, with one that says "damaged", with a frame
// left out, with a crash. Where memory is limited, none of these may pass for a fact about the file. So the malloc
// family of the C library is replaced by functions that call the C library's own and look at what they return (glibc
// documents the replacement and exports its own under __libc_ names). Not under sanitizers, which replace it
// themselves.
#pragma once

namespace nonna
{

// `end` is called in the thread whose allocation failed and must not allocate; null: nobody is told.
void on_failed_allocation(void (*end)());

}    // namespace nonna
