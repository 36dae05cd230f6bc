// Private to this room: who is connected to a server, and how much of it they may take together.
//
// Model to hold in mind: a guest is a connection with a thread of its own, on which `serve` talks to it. It comes as a
// stranger and rises as it says who it is: replicas train the model, so that all others make room for them. There are
// at most `most` guests, and when there is no place a newcomer gets that of the stranger who came first, else of the
// observer who was silent longest, else of a replica who was silent for a minute or is slow, or is sent away. Where the
// messages on their way hold `most_bytes`, the next waits, and who is slow with his is cut off: it has been half there,
// or half taken, for some seconds. A stranger has `stranger_seconds` to say who he is. So nobody can hold a server up
// for longer than seconds, whatever he does.
//
// One more thread lets guests in and buries them. Signals are blocked in all of these threads.
#pragma once

#include "paramserver/protocol.h"
#include "paramserver/socket.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace nonna
{

class Guests
{
  public:
    class Guest
    {
      public:
        Socket socket;
        const std::uint32_t number;    // of the connection; not used again soon
        const Moment stranger_until;

        Guest(Socket s, std::uint32_t n, Moment until) : socket(std::move(s)), number(n), stranger_until(until) {}
        Standing standing() const { return standing_; }
        void stand(Standing standing) { standing_ = standing; }
        void heard() { heard_ = std::chrono::steady_clock::now(); }    // it has said something whole

      private:
        friend class Guests;
        std::atomic<Standing> standing_ = Standing::stranger;
        std::atomic<Moment> heard_ = std::chrono::steady_clock::now();
        std::atomic<bool> gone_ = false, cut_ = false;
        std::size_t bytes_ = 0;    // held; this and the next under the mutex
        Moment held_since_;
        std::thread thread_;
    };

    struct Limits {
        std::size_t most;
        std::size_t most_bytes;
        double stranger_seconds;
    };

    // `serve` returns, or throws, where the connection is to end.
    Guests(const std::string& url, const Access& access, const Limits& limits, std::function<void(Guest&)> serve);
    ~Guests();    // all have gone
    const std::string& address() const { return listener_.address(); }

    // A guest's thread takes room for a message on its way and gives it back. Error: it was cut off meanwhile.
    void take(Guest& guest, std::size_t bytes);
    void give(Guest& guest, std::size_t bytes);

    // How many a process may have beside what it has open now, with some descriptors left for files.
    static std::size_t most_connections();

  private:
    const Limits limits_;
    const std::function<void(Guest&)> serve_;
    ListeningSocket listener_;
    std::atomic<bool> closing_ = false;
    std::uint32_t last_number_ = 0;
    std::list<std::unique_ptr<Guest>> guests_;    // in the order of their coming; the door's thread alone changes it

    std::mutex mutex_;    // of guests_ for others, and of bytes
    std::condition_variable given_;
    std::size_t bytes_ = 0;

    std::thread door_;

    void keep_the_door();
    void let_in();
    bool make_place();
    void bury();
    void cut(Guest& guest);
    void cut_slow(const Guest& but);
    static bool is_slow(const Guest& guest);
};

}    // namespace nonna
