// handles.hpp: HANDLE values and what they stand for.
// A value is an index and a generation, so that a closed, foreign or made-up one finds nothing; it
// is a multiple of 4, never NULL and never INVALID_HANDLE_VALUE, as on Windows.
// Not locked: the owner (process.hpp) does that.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace sonde::icmpapi {

struct Event;
struct IcmpFile;

class HandleTable {
 public:
  using Value = std::uintptr_t;
  using Object = std::variant<std::monostate, std::shared_ptr<Event>, std::shared_ptr<IcmpFile>>;

  // nullopt: 2^20 handles are open (2^16 with 32-bit pointers).
  [[nodiscard]] std::optional<Value> add(Object object);
  // monostate: no such handle.
  [[nodiscard]] const Object& find(Value handle) const noexcept;
  template <typename T>
  [[nodiscard]] std::shared_ptr<T> find_as(Value handle) const noexcept {
    const auto* const found = std::get_if<std::shared_ptr<T>>(&find(handle));
    return found != nullptr ? *found : nullptr;
  }
  // Without a share in it.
  template <typename T>
  [[nodiscard]] T* borrow(Value handle) const noexcept {
    const auto* const found = std::get_if<std::shared_ptr<T>>(&find(handle));
    return found != nullptr ? found->get() : nullptr;
  }
  // The handle is stale from now on.
  Object remove(Value handle) noexcept;

  template <typename Visit>
  void for_each(Visit visit) {
    for (Slot& slot : slots_) {
      visit(slot.object);
    }
  }

 private:
  struct Slot {
    Value generation = 1;
    Object object{};
  };
  [[nodiscard]] std::optional<std::size_t> index_of(Value handle) const noexcept;

  std::vector<Slot> slots_;
  std::vector<std::size_t> free_;
};

}  // namespace sonde::icmpapi
