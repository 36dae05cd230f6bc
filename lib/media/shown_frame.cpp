#include "media/shown_frame.h"

#include "media/av_frame.h"

extern "C" {
#include <libavutil/display.h>
}

#include <algorithm>
#include <cmath>

namespace nonna
{

namespace
{

int orientation_of(const std::int32_t* m)
{
    // x' = a x + c y, y' = b x + d y, y pointing down; the signs of the larger pair decide.
    const double a = m[0], b = m[1], c = m[3], d = m[4];
    const bool on_its_side = std::abs(a) + std::abs(d) < std::abs(b) + std::abs(c);
    if (!on_its_side && a < 0)
        return d < 0 ? 3 : 2;
    if (!on_its_side)
        return d < 0 ? 4 : 1;
    if (c < 0)
        return b < 0 ? 7 : 6;
    return b < 0 ? 8 : 5;
}

int orientation_of(const AVStream& stream, const AVFrame& frame)
{
    std::size_t size = 0;
    if (const std::uint8_t* m = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size); m && size >= 36)
        return orientation_of(reinterpret_cast<const std::int32_t*>(m));
    if (const AVFrameSideData* m = av_frame_get_side_data(&frame, AV_FRAME_DATA_DISPLAYMATRIX); m && m->size >= 36)
        return orientation_of(reinterpret_cast<const std::int32_t*>(m->data));
    return 1;
}

// Where `length` of `whole` stored pixels begin, centred as seen, half a pixel going to the even side: the default of
// ffmpeg's crop. Seen, because a mirrored frame begins at its other end.
int centred(int whole, int length, int grid, bool mirrored)
{
    const int over = whole - length, seen = (over / 2 + (over % 4 == 3 ? 1 : 0)) / grid * grid;
    return (mirrored ? over - seen : seen) / grid * grid;
}

// A side cut short is a multiple of the grid, so that no chroma sample is cut through.
int on_grid(int length, int whole, int grid) { return length < whole ? std::max(length / grid * grid, 1) : whole; }

}    // namespace

// Everything is worked out in stored pixels, because a chroma grid and a decoder's lines are there; the picture is
// turned last. So "centred" and "width" have to know how the frame will be seen.
VideoFrame shown_frame(Demuxer& demuxer, const AVFrame& frame, int size, double pts)
{
    VideoFrame shown;
    shown.pts = pts;
    Decoding& how = shown.decoding;
    AVFrame* const same = const_cast<AVFrame*>(&frame);    // libav only reads it
    const AVRational ratio = av_guess_sample_aspect_ratio(&demuxer.format(), &demuxer.stream(), same);
    double aspect = ratio.den ? av_q2d(ratio) : 1;    // a pixel is `aspect` times as wide as it is tall
    // Anything beyond is a broken header, not a format that somebody used.
    if (aspect > 0.1 && aspect < 10) {
        how.aspect_width = ratio.den ? ratio.num : 1;
        how.aspect_height = ratio.den ? ratio.den : 1;
    } else {
        aspect = 1;
    }
    how.orientation = orientation_of(demuxer.stream(), frame);
    const bool on_its_side = how.orientation >= 5;

    FrameCut cut{0, 0, frame.width, frame.height, frame.width, frame.height, bool(frame.interlaced_frame)};
    if (size == 0) {
        // The upright picture keeps its height.
        int& stretched = on_its_side ? cut.to_height : cut.to_width;
        stretched = std::max(1, int(std::lround(stretched * (on_its_side ? 1 / aspect : aspect))));
    } else {
        const double side = std::min(frame.width * aspect, double(frame.height));
        const int o = how.orientation;
        ChromaGrid grid = chroma_grid(frame);
        grid.lines *= cut.one_field ? 2 : 1;
        cut.width = on_grid(int(std::lround(side / aspect)), frame.width, grid.columns);
        cut.height = on_grid(int(std::lround(side)), frame.height, grid.lines);
        cut.x = centred(frame.width, cut.width, grid.columns, o == 2 || o == 3 || o == 7 || o == 8);
        cut.y = centred(frame.height, cut.height, grid.lines, o == 3 || o == 4 || o == 6 || o == 7);
        cut.to_width = cut.to_height = size;
    }
    how.x = cut.x;
    how.y = cut.y;
    how.width = cut.width;
    how.height = cut.height;
    const bool shrinks = cut.to_width < cut.width || cut.to_height < cut.height;
    shown.picture = orient(picture_from_frame(frame, cut, size == 0 && !shrinks, demuxer.path(), how), how.orientation);
    return shown;
}

}    // namespace nonna
