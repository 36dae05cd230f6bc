#include "media/stream_clock.h"

#include <algorithm>

namespace nonna
{

bool StreamClock::pass(AVPacket& packet, const AVStream& stream)
{
    const auto ticks = [&](double seconds) { return std::int64_t(seconds / av_q2d(stream.time_base)); };
    bool begins_anew = false;
    const std::int64_t time = packet.dts;    // AV_NOPTS_VALUE is the least number
    if (time != AV_NOPTS_VALUE) {
        if (last_ != AV_NOPTS_VALUE && end_ != AV_NOPTS_VALUE) {
            const bool back = last_ - time > ticks(0.25), forward = time - last_ > ticks(3600);
            if (back || forward) {
                const bool returned = back && earlier_ != AV_NOPTS_VALUE && time >= earlier_ - ticks(0.25) &&
                                      time - earlier_ < ticks(3600);
                begins_anew = packet.flags & AV_PKT_FLAG_KEY || (back && !returned);
                earlier_ = forward ? last_ : AV_NOPTS_VALUE;
                shift_ += last_ + std::max<std::int64_t>(step_, 1) - time;
                if (begins_anew)    // another recording may hold its frames back for less time
                    shift_ = std::max(shift_, end_ - (packet.pts != AV_NOPTS_VALUE ? packet.pts : time));
                jumped_ = true;
            } else if (time > last_) {
                step_ = time - last_;
            }
        }
        last_ = time;
        packet.dts += shift_;
    }
    if (packet.pts != AV_NOPTS_VALUE)
        packet.pts += shift_;
    const std::int64_t shown = packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts;
    if (shown != AV_NOPTS_VALUE)
        end_ = std::max(end_, shown + std::max<std::int64_t>(packet.duration > 0 ? packet.duration : step_, 1));
    return begins_anew;
}

}    // namespace nonna
