// Where a link stands: every arrow of link.h's diagrams, and that nothing is under way but with a ready peer.
#include "paramserver/link.h"

#include <boost/test/unit_test.hpp>

using namespace nonna;

namespace
{

using Peer = LinkState::Peer;
using Work = LinkState::Work;
using Job = LinkState::Job;

LinkState ready()
{
    LinkState s;
    s.greeted();
    return s;
}

bool stands(const LinkState& s, Peer peer, Work push, Work fetch)
{
    return s.peer() == peer && s.push() == push && s.fetch() == fetch;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(link_state)

BOOST_AUTO_TEST_CASE(a_server_that_is_late_is_named_once)
{
    LinkState s;
    BOOST_TEST(stands(s, Peer::unmet, Work::none, Work::none));
    BOOST_TEST((s.next() == Job::connect));
    BOOST_TEST(!s.missed(0.5));    // both begin together
    BOOST_TEST((s.peer() == Peer::unmet));
    BOOST_TEST(s.missed(1.5));
    BOOST_TEST((s.peer() == Peer::awaited));
    BOOST_TEST(!s.missed(3));
    BOOST_TEST((s.next() == Job::connect));
    s.greeted();
    BOOST_TEST(s.ready());
    BOOST_TEST((s.next() == Job::none));
}

BOOST_AUTO_TEST_CASE(a_loss_is_named_at_once_and_once)
{
    LinkState s = ready();
    BOOST_TEST(s.missed(0));
    BOOST_TEST((s.peer() == Peer::lost));
    for (const double seconds : {0.1, 2.0, 100.0})
        BOOST_TEST(!s.missed(seconds));
    BOOST_TEST((s.next() == Job::connect));
    s.greeted();
    BOOST_TEST(s.missed(0));    // the next one is another
}

BOOST_AUTO_TEST_CASE(a_push_goes_before_a_fetch)
{
    LinkState s = ready();
    s.want_fetch();
    s.want_push();
    BOOST_TEST(stands(s, Peer::ready, Work::wanted, Work::wanted));
    BOOST_TEST((s.take_up() == Job::push));
    BOOST_TEST(stands(s, Peer::ready, Work::under_way, Work::wanted));
    BOOST_TEST((s.pushing() && s.fetching()));
    s.pushed();
    BOOST_TEST(stands(s, Peer::ready, Work::none, Work::wanted));
    BOOST_TEST((s.take_up() == Job::fetch));
    s.want_push();    // beside the fetch; its turn comes
    BOOST_TEST(stands(s, Peer::ready, Work::wanted, Work::under_way));
    s.fetched(true);
    BOOST_TEST(stands(s, Peer::ready, Work::wanted, Work::arrived));
    BOOST_TEST((s.take_up() == Job::push));
}

BOOST_AUTO_TEST_CASE(nothing_is_under_way_without_a_peer)
{
    LinkState s;
    s.want_push();
    s.want_fetch();
    BOOST_TEST((s.take_up() == Job::connect));
    BOOST_TEST(stands(s, Peer::unmet, Work::wanted, Work::wanted));
    s.greeted();

    BOOST_TEST((s.take_up() == Job::push));
    s.missed(0);    // in the middle of it: it begins anew
    BOOST_TEST(stands(s, Peer::lost, Work::wanted, Work::wanted));
    BOOST_TEST((s.take_up() == Job::connect));
    s.greeted();
    BOOST_TEST((s.take_up() == Job::push));
    s.pushed();
    BOOST_TEST((s.take_up() == Job::fetch));
    s.missed(0);
    BOOST_TEST(stands(s, Peer::lost, Work::none, Work::wanted));
    s.greeted();
    BOOST_TEST((s.take_up() == Job::fetch));
    s.failed();
    BOOST_TEST(stands(s, Peer::failed, Work::none, Work::wanted));
    BOOST_TEST(!s.ready());
}

BOOST_AUTO_TEST_CASE(what_has_come_is_seen_once)
{
    LinkState s = ready();
    BOOST_TEST(!s.collect());
    s.want_fetch();
    BOOST_TEST(!s.collect());
    s.take_up();
    BOOST_TEST((!s.collect() && s.fetching()));
    s.fetched(true);
    BOOST_TEST(!s.fetching());
    BOOST_TEST(s.collect());
    BOOST_TEST(!s.collect());

    s.want_fetch();
    s.take_up();
    s.fetched(false);    // versions alone: there is nothing to see
    BOOST_TEST(stands(s, Peer::ready, Work::none, Work::none));
}

BOOST_AUTO_TEST_CASE(what_is_not_there_may_be_given_up)
{
    LinkState s = ready();
    s.want_fetch();
    s.missed(0);
    s.give_up_fetch();
    BOOST_TEST(stands(s, Peer::lost, Work::none, Work::none));
    s.greeted();
    BOOST_TEST((s.next() == Job::none));    // the link writes into nothing that the caller has back
    s.want_fetch();
    s.take_up();
    s.fetched(true);
    s.give_up_fetch();
    BOOST_TEST(s.collect());    // what has come stays
    s.want_fetch();
    s.take_up();
    s.fetched(true);
    s.want_fetch();    // asked for anew instead
    BOOST_TEST(!s.collect());
}

BOOST_AUTO_TEST_SUITE_END()
