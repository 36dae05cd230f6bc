#include "media/packet_row.h"

#include <algorithm>
#include <new>

namespace nonna
{

void PacketRow::add(const AVPacket& packet)
{
    if (packet.flags & AV_PKT_FLAG_KEY)
        keys_.push_back({packet.pts, packet.dts, packet.pos, count_, packet.size});
    bytes_ += std::size_t(packet.size);
    if (bytes_ <= held_bytes) {
        held_.emplace_back(av_packet_clone(&packet));    // shares the bytes
        if (!held_.back())
            throw std::bad_alloc();
    } else {
        held_.clear();
        held_.shrink_to_fit();
    }
    ++count_;
}

void PacketRow::settle(bool by_dts)
{
    for (KeyPacket& key : keys_)
        key.pts = by_dts ? key.dts : key.pts;
    std::erase_if(keys_, [](const KeyPacket& k) { return k.pts == AV_NOPTS_VALUE; });
    std::stable_sort(keys_.begin(), keys_.end(), [](const KeyPacket& a, const KeyPacket& b) { return a.pts < b.pts; });
}

const KeyPacket* PacketRow::key_before(std::int64_t pts) const
{
    const auto after =
        std::upper_bound(keys_.begin(), keys_.end(), pts, [](std::int64_t v, const KeyPacket& k) { return v < k.pts; });
    return after == keys_.begin() ? nullptr : &*(after - 1);
}

}    // namespace nonna
