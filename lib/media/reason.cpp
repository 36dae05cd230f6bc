#include "media/reason.h"

#include <iterator>

namespace nonna
{

namespace
{

struct Row {
    Reason reason;
    const char *code, *text;
};

constexpr Row table[] = {
    {Reason::unreadable, "unreadable", "cannot be read"},
    {Reason::bad_name, "bad_name", "a tab or line break in its name"},
    {Reason::not_regular, "not_regular", "not a regular file"},
    {Reason::empty, "empty", "empty file"},
    {Reason::unknown_format, "unknown_format", "not a known video container"},
    {Reason::still_picture, "still_picture", "a still picture, not a video"},
    {Reason::playlist, "playlist", "a playlist, not a video"},
    {Reason::truncated, "truncated", "truncated"},
    {Reason::damaged, "damaged", "damaged"},
    {Reason::no_video_stream, "no_video_stream", "no video stream"},
    {Reason::encrypted, "encrypted", "encrypted"},
    {Reason::unsupported_codec, "unsupported_codec", "unsupported codec"},
    {Reason::unsupported_format, "unsupported_format", "unsupported pixel format"},
    {Reason::no_frames, "no_frames", "no frames in the video stream"},
    {Reason::no_whole_frame, "no_whole_frame", "no undamaged frame"},
    {Reason::no_frame_in_span, "no_frame_in_span", "no frame in the wanted span"},
    {Reason::too_large, "too_large", "larger than the limit"},
    {Reason::too_small, "too_small", "smaller than what is to be cut out"},
    {Reason::out_of_memory, "out_of_memory", "needs more memory than the limit"},
    {Reason::timeout, "timeout", "takes longer than the limit"},
    {Reason::crashed, "crashed", "the decoder crashed"},
    {Reason::duplicate, "duplicate", "same content as a file before it"},
    {Reason::near_duplicate, "near_duplicate", "looks like a file before it"},
    {Reason::removed, "removed", "taken out of the set"},
};

constexpr bool in_order_of_the_enumeration()
{
    for (std::size_t i = 0; i < std::size(table); ++i)
        if (static_cast<std::size_t>(table[i].reason) != i)
            return false;
    return std::size(table) == static_cast<std::size_t>(Reason::removed) + 1;
}
static_assert(in_order_of_the_enumeration());

}    // namespace

const std::vector<Reason>& all_reasons()
{
    static const std::vector<Reason> all = [] {
        std::vector<Reason> reasons;
        for (const Row& row : table)
            reasons.push_back(row.reason);
        return reasons;
    }();
    return all;
}

const char* reason_code(Reason reason) { return table[static_cast<std::size_t>(reason)].code; }

const char* reason_text(Reason reason) { return table[static_cast<std::size_t>(reason)].text; }

bool is_reason_code(std::string_view code)
{
    for (const Row& row : table)
        if (code == row.code)
            return true;
    return false;
}

Reason reason_of(const Error& error)
{
    const auto* const refusal = dynamic_cast<const Refusal*>(&error);
    return refusal ? refusal->code() : Reason::unreadable;
}

std::string skipped_text(const std::string& text, const std::string& code) { return text + " [" + code + "], skipped"; }

std::string skipped_text(const Error& error) { return skipped_text(error.reason(), reason_code(reason_of(error))); }

}    // namespace nonna
