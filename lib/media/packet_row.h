// Private to this room: the packets of one video stream in the container's order, read once.
//
// Packets are known by their number in the row, which depends on the file alone. Up to `held_bytes` they stay in
// memory, so that a decoder can begin anywhere without the container being asked to seek; of larger streams only the
// times and the key packets are noted.
#pragma once

#include "media/demuxer.h"

#include <cstdint>
#include <vector>

namespace nonna
{

struct KeyPacket {
    std::int64_t pts = 0, dts = 0, place = -1;    // place: byte in the file, as libavformat tells it
    std::size_t number = 0;
    int size = 0;
};

class PacketRow
{
  public:
    static constexpr std::size_t held_bytes = std::size_t(32) << 20;

    void add(const AVPacket& packet);    // the next one of the row
    std::size_t count() const { return count_; }
    bool held() const { return held_.size() == count_; }
    const AVPacket& at(std::size_t number) const { return *held_[number]; }    // where held()

    // After the last `add`: which of its times a key packet is known by. Those without it are forgotten.
    void settle(bool by_dts);
    // The last key packet shown at or before `pts`; null where there is none.
    const KeyPacket* key_before(std::int64_t pts) const;

  private:
    std::vector<PacketPtr> held_;
    std::vector<KeyPacket> keys_;
    std::size_t count_ = 0, bytes_ = 0;
};

}    // namespace nonna
