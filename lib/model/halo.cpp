#include "model/halo.h"

#include "kernels/kernels.h"

#include <algorithm>

namespace nonna
{

namespace
{

bool same(const Area& a, const Area& b)
{
    return a.row == b.row && a.column == b.column && a.rows == b.rows && a.columns == b.columns;
}

// A rectangle within an array: runs of numbers, one a row.
struct Part {
    std::size_t first, run, next;    // the first number, numbers of a row, from a row to the next
    int rows;
    Part(const Area& area, const Area& frame, std::size_t unit)
        : first((std::size_t(area.row - frame.row) * frame.columns + (area.column - frame.column)) * unit),
          run(std::size_t(area.columns) * unit), next(std::size_t(frame.columns) * unit), rows(area.rows)
    {
    }
};

// f(where a row begins in `a`, where in `b`, how many numbers)
template <class F> void each_row(const Part& a, const Part& b, F f)
{
    for (int r = 0; r < a.rows; ++r)
        f(a.first + std::size_t(r) * a.next, b.first + std::size_t(r) * b.next, a.run);
}

}    // namespace

template <class Real>
Halo<Real>::Halo(const TilePlace& place, const Shape& grid, const std::vector<Area>& needed)
    : exchange_(place.exchange), maps_(grid.maps)
{
    if (!exchange_)
        return;
    const int self = exchange_->tile();
    own_ = own_area(place.tiling, self, grid);
    needed_ = needed[std::size_t(self)];
    bool others = false;
    for (int t = 0; t < place.tiling.tiles(); ++t) {
        const Peer peer{t, overlap(own_, needed[std::size_t(t)]), overlap(own_area(place.tiling, t, grid), needed_)};
        if (is_empty(peer.theirs) && is_empty(peer.mine))
            continue;
        peers_.push_back(peer);
        others = others || t != self;
    }
    own_only_ = !others && same(own_, needed_);
}

template <class Real> std::span<Real> Halo<Real>::message(const Area& area, int lanes)
{
    const std::size_t n = shape_of(area, maps_).size() * std::size_t(lanes);
    if (message_.size() < n)
        message_ = Aligned<Real>(n);
    return {message_.data(), n};
}

// Everything is sent before anything is waited for: no two tiles wait for each other.
template <class Real> const Real* Halo<Real>::spread(int lanes, const Real* own, Real* room)
{
    if (own_only_)
        return own;
    const std::size_t unit = std::size_t(maps_) * lanes;
    const std::uint64_t tag = exchange_->next_tag();
    for (const Peer& peer : peers_)
        if (peer.tile != exchange_->tile() && !is_empty(peer.theirs)) {
            const std::span<Real> bytes = message(peer.theirs, lanes);
            each_row(Part(peer.theirs, own_, unit), Part(peer.theirs, peer.theirs, unit),
                     [&](std::size_t from, std::size_t to, std::size_t n) {
                         std::copy_n(own + from, n, bytes.data() + to);
                     });
            exchange_->send(peer.tile, tag, std::as_bytes(bytes));
        }
    for (const Peer& peer : peers_) {
        if (is_empty(peer.mine))
            continue;
        const Real* source = own;
        Area frame = own_;
        if (peer.tile != exchange_->tile()) {
            const std::span<Real> bytes = message(peer.mine, lanes);
            exchange_->receive(peer.tile, tag, std::as_writable_bytes(bytes));
            source = bytes.data();
            frame = peer.mine;
        }
        each_row(Part(peer.mine, frame, unit), Part(peer.mine, needed_, unit),
                 [&](std::size_t from, std::size_t to, std::size_t n) { std::copy_n(source + from, n, room + to); });
    }
    return room;
}

template <class Real> void Halo<Real>::collect(int lanes, const Real* needed, Real* own)
{
    if (own_only_)
        return;
    const std::size_t unit = std::size_t(maps_) * lanes;
    const std::uint64_t tag = exchange_->next_tag();
    for (const Peer& peer : peers_)
        if (peer.tile != exchange_->tile() && !is_empty(peer.mine)) {
            const std::span<Real> bytes = message(peer.mine, lanes);
            each_row(Part(peer.mine, needed_, unit), Part(peer.mine, peer.mine, unit),
                     [&](std::size_t from, std::size_t to, std::size_t n) {
                         std::copy_n(needed + from, n, bytes.data() + to);
                     });
            exchange_->send(peer.tile, tag, std::as_bytes(bytes));
        }
    // Of a unit that nobody made anything of, as one beyond a stride's last field, nothing comes back.
    std::fill_n(own, shape_of(own_, maps_).size() * std::size_t(lanes), Real(0));
    for (const Peer& peer : peers_) {
        if (is_empty(peer.theirs))
            continue;
        const Real* source = needed;
        Area frame = needed_;
        if (peer.tile != exchange_->tile()) {
            const std::span<Real> bytes = message(peer.theirs, lanes);
            exchange_->receive(peer.tile, tag, std::as_writable_bytes(bytes));
            source = bytes.data();
            frame = peer.theirs;
        }
        each_row(Part(peer.theirs, frame, unit), Part(peer.theirs, own_, unit),
                 [&](std::size_t from, std::size_t to, std::size_t n) {
                     kernels<Real>().add_scaled(n, 1, source + from, own + to);
                 });
    }
}

template class Halo<float>;
template class Halo<double>;

}    // namespace nonna
