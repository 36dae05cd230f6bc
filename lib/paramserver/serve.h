// The work of nonna-serve: shards of a model, served until a signal.
#pragma once

#include "paramserver/access.h"
#include "paramserver/layout.h"
#include "paramserver/protocol.h"

#include <functional>
#include <optional>
#include <span>
#include <string>

namespace nonna
{

class Pool;

struct ServeOptions {
    std::string shard = "0/1";
    std::string listen = "tcp://127.0.0.1:0";
    std::string rendezvous;    // folder; empty: not published
    Rule optimizer = Rule::adagrad;
    std::optional<double> rate;    // none: the rule's usual one
    double momentum = 0.9;
    std::string snapshot;    // folder; empty: none
    double snapshot_every = 60;
    std::int64_t max_staleness = 0;
    bool staleness_scale = false;
    std::string metrics;    // URL; empty: none
    Access access;
};

// `start(range, values)` gives the parameters where there is no snapshot; `statistics`: the model's. Returns after the
// first SIGTERM or SIGINT, with a last snapshot written; false where it could not be.
bool serve(const Layout& layout, const std::vector<double>& statistics,
           const std::function<void(Range, std::span<float>)>& start, const ServeOptions& options, Pool& pool);

}    // namespace nonna
