#include "icmpapi/handles.hpp"

#include <limits>
#include <utility>

namespace sonde::icmpapi {
namespace {

using Value = HandleTable::Value;

constexpr unsigned kUnusedBits = 2;  // the low ones, as on Windows
constexpr bool kWide = sizeof(Value) == sizeof(std::uint64_t);
constexpr unsigned kIndexBits = kWide ? 20 : 16;
constexpr Value kMostSlots = Value{1} << kIndexBits;
// One bit less than there is room for: all ones is INVALID_HANDLE_VALUE.
constexpr Value kMostGenerations = std::numeric_limits<Value>::max() >>
                                   (kIndexBits + kUnusedBits + 1);

}  // namespace

std::optional<Value> HandleTable::add(Object object) {
  std::size_t index = slots_.size();
  if (!free_.empty()) {
    index = free_.back();
    free_.pop_back();
  } else if (index == kMostSlots) {
    return std::nullopt;
  } else {
    free_.reserve(slots_.size() + 1);  // so that remove() need not allocate
    slots_.emplace_back();
  }
  slots_[index].object = std::move(object);
  return ((slots_[index].generation << kIndexBits) | index) << kUnusedBits;
}

std::optional<std::size_t> HandleTable::index_of(Value handle) const noexcept {
  const Value value = handle >> kUnusedBits;
  const std::size_t index = value & (kMostSlots - 1);
  const bool ours = (handle & ((1U << kUnusedBits) - 1)) == 0 && index < slots_.size() &&
                    slots_[index].generation == value >> kIndexBits;
  return ours ? std::optional(index) : std::nullopt;
}

const HandleTable::Object& HandleTable::find(Value handle) const noexcept {
  static constexpr Object kNone{};
  const auto index = index_of(handle);
  return index ? slots_[*index].object : kNone;
}

HandleTable::Object HandleTable::remove(Value handle) noexcept {
  const auto index = index_of(handle);
  if (!index || std::holds_alternative<std::monostate>(slots_[*index].object)) {
    return {};
  }
  Slot& slot = slots_[*index];
  slot.generation = slot.generation == kMostGenerations ? 1 : slot.generation + 1;
  free_.push_back(*index);
  return std::exchange(slot.object, {});
}

}  // namespace sonde::icmpapi
