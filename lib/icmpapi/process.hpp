// process.hpp: what a process has once: its handles, and the workers of asynchronous requests.
// A C interface with process-wide handles cannot do without such a thing; it is made at the first
// call and never destroyed, because threads may still be in it while the process ends.
// One mutex guards it, the events, the queues of routines and the files' counts; nothing is sent,
// received, waited for or closed under it, and a socket opened only with a worker. After fork() the
// child keeps handles and events. Sockets and threads are not shared: the child opens its own when
// it needs them, and what was outstanding stays with the parent.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "icmpapi/handles.hpp"
#include "icmpapi/lane.hpp"
#include "icmpapi/thread.hpp"
#include "sonde/net/address.hpp"

namespace sonde::icmpapi {

class AsyncWorker;

struct Event {
  bool manual_reset = false;
  bool signalled = false;
  std::vector<Thread*> waiters{};
};

// What IcmpCreateFile() makes.
struct IcmpFile {
  explicit IcmpFile(net::Family of_family) : family(of_family) {}
  const net::Family family;
  std::size_t outstanding = 0;  // calls in progress and asynchronous requests
  bool closing = false;
  std::condition_variable idle;                // of one that is closing: outstanding became 0
  std::vector<std::unique_ptr<Lane>> lanes{};  // sockets that no call is using
};

struct Process {
  std::mutex mutex;
  HandleTable handles;
  std::size_t files = 0;  // handles of IcmpCreateFile(), and those being closed
  std::map<LaneKey, std::shared_ptr<AsyncWorker>> workers;
  std::map<LaneKey, std::unique_ptr<OpenLane>> spare;  // for workers to come
  // After fork(): what the parent's threads were using, never to be touched.
  std::vector<std::shared_ptr<AsyncWorker>> abandoned;
};

[[nodiscard]] Process& process();

// With the mutex held.
void set_event(Event& event);
void leave(IcmpFile& file);  // one call or request less

}  // namespace sonde::icmpapi
