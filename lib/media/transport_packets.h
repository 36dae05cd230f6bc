// Private to this room: whether a picture in an MPEG transport stream has holes.
//
// Model to hold in mind: a transport stream is a row of packets of 188 bytes (192 and 204 with what some recorders
// add), each with the number of its stream (PID) and a counter modulo 16 that rises from packet to packet of that
// stream. What belongs together, mostly one picture, begins in a packet that says so and ends in one with stuffing,
// because its length is hardly ever a multiple of what fits. libav sees the counter jump while it puts a picture
// together, and marks a picture near by: the one before as often as the one with the hole. Here the bytes are looked
// at. After ISO/IEC 13818-1, 2.4.3.
#pragma once

#include "base/descriptor.h"

#include <cstdint>

namespace nonna
{

struct TransportLook {
    bool whole = false;        // no packet is missing or marked as damaged
    bool gap_after = false;    // the counter jumps at what comes next, or nothing comes
};

// Of what begins in the packet at `place`, as libav tells it. Where there is no such packet nothing is whole.
TransportLook look_at_transport(const Descriptor& file, std::int64_t place);

}    // namespace nonna
