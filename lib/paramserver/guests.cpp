#include "paramserver/guests.h"

#include "base/error.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/resource.h>

namespace nonna
{

namespace
{

using Clock = std::chrono::steady_clock;

constexpr auto look_about = std::chrono::milliseconds(100);
constexpr auto slow = std::chrono::seconds(2);              // with a message, while others wait for its room
constexpr auto silent_replica = std::chrono::minutes(1);    // who may lose the place

}    // namespace

Guests::Guests(const std::string& url, const Access& access, const Limits& limits, std::function<void(Guest&)> serve)
    : limits_(limits), serve_(std::move(serve)), listener_(url, access)
{
    const SignalsBlocked blocked;
    door_ = std::thread([this] { keep_the_door(); });
}

Guests::~Guests()
{
    closing_ = true;
    door_.join();
    {
        const std::lock_guard lock(mutex_);
        for (auto& guest : guests_)
            cut(*guest);
    }
    given_.notify_all();
    for (auto& guest : guests_)
        guest->thread_.join();
}

std::size_t Guests::most_connections()
{
    constexpr std::size_t for_files = 24, enough = 1024;
    rlimit limit{};
    std::size_t open = 0;
    std::error_code failed;
    for (auto at = std::filesystem::directory_iterator("/proc/self/fd", failed);
         !failed && at != std::filesystem::directory_iterator(); at.increment(failed))
        ++open;
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return enough;
    const std::size_t all = limit.rlim_cur, used = open + for_files;
    return std::clamp<std::size_t>(all > used ? all - used : 0, 4, enough);
}

void Guests::keep_the_door()
{
    while (!closing_) {
        try {
            if (listener_.wait(Clock::now() + look_about))
                let_in();
        } catch (const std::exception&) {    // no descriptor, no thread or no memory for one more: of others', maybe
            make_place();
            ::poll(nullptr, 0, int(look_about.count()));
        }
        bury();
    }
}

void Guests::let_in()
{
    const Moment patience = Clock::now() + look_about;
    while (guests_.size() >= limits_.most && Clock::now() < patience && make_place()) {
        ::poll(nullptr, 0, 1);    // his thread is ending
        bury();
    }
    std::optional<Socket> socket = listener_.accept();
    if (!socket || guests_.size() >= limits_.most)
        return;    // the socket closes
    auto guest = std::make_unique<Guest>(std::move(*socket), ++last_number_, after_seconds(limits_.stranger_seconds));
    Guest& g = *guest;
    const std::lock_guard lock(mutex_);
    guests_.push_back(std::move(guest));
    try {
        g.thread_ = std::thread([this, &g] {
            try {
                serve_(g);
            } catch (const std::exception&) {    // the peer's fault, or no memory for it: its connection ends
            }
            {
                const std::lock_guard held(mutex_);
                bytes_ -= std::exchange(g.bytes_, 0);
            }
            given_.notify_all();
            g.socket.end();
            g.gone_ = true;
        });
    } catch (...) {
        guests_.pop_back();
        throw;
    }
}

// The mutex is held.
bool Guests::is_slow(const Guest& guest) { return guest.bytes_ > 0 && Clock::now() - guest.held_since_ > slow; }

// Cuts off who is to go for a newcomer, one at a time. False: nobody is.
bool Guests::make_place()
{
    const std::lock_guard lock(mutex_);
    Guest* worst = nullptr;
    for (const auto& guest : guests_) {
        if (guest->cut_ || guest->gone_)
            return true;
        const Standing standing = guest->standing();
        if (standing == Standing::replica && Clock::now() - guest->heard_.load() < silent_replica && !is_slow(*guest))
            continue;
        if (!worst || standing < worst->standing() ||
            (standing == worst->standing() && guest->heard_.load() < worst->heard_.load()))
            worst = guest.get();
    }
    if (worst)
        cut(*worst);
    return worst != nullptr;
}

void Guests::bury()
{
    for (auto at = guests_.begin(); at != guests_.end();) {
        if (!(*at)->gone_) {
            ++at;
            continue;
        }
        (*at)->thread_.join();
        const std::lock_guard lock(mutex_);
        at = guests_.erase(at);
    }
}

void Guests::cut(Guest& guest)
{
    guest.cut_ = true;
    guest.socket.end();
}

// The mutex is held.
void Guests::cut_slow(const Guest& but)
{
    for (const auto& guest : guests_)
        if (guest.get() != &but && is_slow(*guest))
            cut(*guest);
}

void Guests::take(Guest& guest, std::size_t bytes)
{
    std::unique_lock lock(mutex_);
    while (bytes_ > 0 && bytes_ + bytes > limits_.most_bytes) {
        if (guest.cut_ || closing_)
            throw Error(address(), "cut off", ExitStatus::peer_lost);
        given_.wait_for(lock, look_about);
        cut_slow(guest);
    }
    guest.bytes_ += bytes;
    guest.held_since_ = Clock::now();
    bytes_ += bytes;
}

void Guests::give(Guest& guest, std::size_t bytes)
{
    {
        const std::lock_guard lock(mutex_);
        guest.bytes_ -= bytes;
        bytes_ -= bytes;
    }
    given_.notify_all();
}

}    // namespace nonna
