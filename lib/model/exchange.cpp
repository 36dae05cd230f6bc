#include "model/exchange.h"

#include "base/error.h"

#include <cassert>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <tuple>

namespace nonna
{

void Exchange::send(int tile, std::uint64_t tag, std::span<const std::byte> bytes)
{
    Traffic& with = traffic_[std::size_t(tile)];
    ++with.messages;
    with.bytes += bytes.size();
    post(tile, tag, bytes);
}

void Exchange::receive(int tile, std::uint64_t tag, std::span<std::byte> bytes)
{
    const auto begin = std::chrono::steady_clock::now();
    take(tile, tag, bytes);
    traffic_[std::size_t(tile)].waited +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void Exchange::sum(std::span<double> numbers)
{
    if (tiles() == 1)
        return;
    const std::uint64_t tag = next_tag();
    if (tile() != 0) {
        send(0, tag, std::as_bytes(numbers));
        receive(0, tag, std::as_writable_bytes(numbers));
        return;
    }
    std::vector<double> others(numbers.size());
    for (int t = 1; t < tiles(); ++t) {
        receive(t, tag, std::as_writable_bytes(std::span(others)));
        for (std::size_t i = 0; i < numbers.size(); ++i)
            numbers[i] += others[i];
    }
    for (int t = 1; t < tiles(); ++t)
        send(t, tag, std::as_bytes(numbers));
}

bool Exchange::any(bool mine)
{
    double number = mine;
    sum({&number, 1});
    return number > 0;
}

void Exchange::end_together()
{
    any(false);    // nobody leaves before all are here
    ended_ = true;
}

std::string Exchange::share(std::string text)
{
    const std::uint64_t tag = next_tags(2);
    std::uint64_t size = text.size();
    for (int t = 1; t < tiles() && tile() == 0; ++t) {
        send(t, tag, std::as_bytes(std::span(&size, 1)));
        send(t, tag + 1, std::as_bytes(std::span(text)));
    }
    if (tile() != 0) {
        receive(0, tag, std::as_writable_bytes(std::span(&size, 1)));
        text.resize(size);
        receive(0, tag + 1, std::as_writable_bytes(std::span(text)));
    }
    return text;
}

struct TileThreads::State {
    std::mutex mutex;
    std::condition_variable arrived;
    std::map<std::tuple<int, int, std::uint64_t>, std::vector<std::byte>> messages;    // (from, to, tag)
    bool over = false;
    std::vector<std::unique_ptr<Member>> members;
};

class TileThreads::Member : public Exchange
{
  public:
    Member(State& state, int tile, int tiles) : Exchange(tile, tiles), state_(state) {}

  private:
    State& state_;

    void post(int to, std::uint64_t tag, std::span<const std::byte> bytes) override
    {
        const std::lock_guard lock(state_.mutex);
        state_.messages[{tile(), to, tag}].assign(bytes.begin(), bytes.end());
        state_.arrived.notify_all();
    }
    void take(int from, std::uint64_t tag, std::span<std::byte> bytes) override
    {
        std::unique_lock lock(state_.mutex);
        auto found = state_.messages.end();
        state_.arrived.wait(lock, [&] {
            found = state_.messages.find({from, tile(), tag});
            return state_.over || found != state_.messages.end();
        });
        if (found == state_.messages.end())
            throw Error("tile " + std::to_string(from), "is gone", ExitStatus::peer_lost);
        assert(found->second.size() == bytes.size());
        std::memcpy(bytes.data(), found->second.data(), bytes.size());
        state_.messages.erase(found);
    }
};

TileThreads::TileThreads(int tiles) : state_(std::make_unique<State>())
{
    for (int t = 0; t < tiles; ++t)
        state_->members.push_back(std::make_unique<Member>(*state_, t, tiles));
}

TileThreads::~TileThreads() = default;

Exchange& TileThreads::exchange(int tile) { return *state_->members[std::size_t(tile)]; }

void TileThreads::give_up()
{
    const std::lock_guard lock(state_->mutex);
    state_->over = true;
    state_->arrived.notify_all();
}

}    // namespace nonna
