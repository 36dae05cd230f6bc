#include "media/transport_packets.h"

#include <array>
#include <optional>
#include <unistd.h>

namespace nonna
{

namespace
{

constexpr int packet_bytes = 188;

struct TransportPacket {
    std::array<unsigned char, packet_bytes> bytes;

    bool synchronous() const { return bytes[0] == 0x47; }
    bool error() const { return bytes[1] & 0x80; }
    bool begins() const { return bytes[1] & 0x40; }
    int pid() const { return (bytes[1] & 0x1f) << 8 | bytes[2]; }
    bool has_payload() const { return bytes[3] & 0x10; }
    bool has_adaptation() const { return bytes[3] & 0x20; }
    int counter() const { return bytes[3] & 0x0f; }
    bool announces_jump() const { return has_adaptation() && bytes[4] > 0 && bytes[5] & 0x80; }

    // Stuffing is what of the adaptation field its flags do not explain; a field without flags is nothing else.
    bool stuffed() const
    {
        if (!has_adaptation())
            return false;
        const int length = bytes[4];
        if (length == 0)
            return true;
        const int flags = bytes[5];
        const int explained = 1 + (flags & 0x10 ? 6 : 0) + (flags & 0x08 ? 6 : 0) + (flags & 0x04 ? 1 : 0);
        return length > explained && !(flags & 0x03);
    }
};

std::optional<TransportPacket> packet_at(const Descriptor& file, std::int64_t offset)
{
    TransportPacket packet;
    const ssize_t got =
        uninterrupted([&] { return ::pread(file.number(), packet.bytes.data(), packet.bytes.size(), off_t(offset)); });
    if (got != packet_bytes || !packet.synchronous())
        return {};
    return packet;
}

}    // namespace

TransportLook look_at_transport(const Descriptor& file, std::int64_t place)
{
    constexpr int most_packets = 1'000'000;
    for (const int stride : {188, 192, 204}) {
        // libav tells where the packet's own bytes would end, less what is from packet to packet.
        std::int64_t offset = place + stride - packet_bytes;
        const auto first = place < 0 ? std::nullopt : packet_at(file, offset);
        if (!first || !first->begins() || (!packet_at(file, offset + stride) && stride != 204))
            continue;
        TransportLook look{first->error() ? false : true, true};
        TransportPacket last = *first;
        for (int i = 0; i < most_packets; ++i) {
            offset += stride;
            const auto packet = packet_at(file, offset);
            if (!packet)
                break;
            if (packet->pid() != first->pid())
                continue;
            const bool follows = packet->counter() == (last.counter() + (packet->has_payload() ? 1 : 0)) % 16;
            if (packet->begins()) {
                look.gap_after = !follows && !packet->announces_jump();
                break;
            }
            look.whole = look.whole && follows && !packet->error();
            if (packet->has_payload())
                last = *packet;
        }
        look.whole = look.whole && (last.stuffed() || !look.gap_after);
        return look;
    }
    return {};
}

}    // namespace nonna
