// bpf_assembler.hpp: builds a classic BPF program out of tests that each reject the packet unless
// they hold. A jump can only go forward and by at most 255: here always over one instruction or to
// a mark set later. Pure.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <utility>

#include "sonde/transport/linux/bpf.hpp"

namespace sonde::transport {

class BpfAssembler {
 public:
  void load_byte(std::uint32_t at) { emit(BPF_LD | BPF_B | BPF_ABS, at); }
  void load_half(std::uint32_t at) { emit(BPF_LD | BPF_H | BPF_ABS, at); }
  void load_byte_at_x(std::uint32_t at) { emit(BPF_LD | BPF_B | BPF_IND, at); }
  void load_half_at_x(std::uint32_t at) { emit(BPF_LD | BPF_H | BPF_IND, at); }
  // X = the length of the IPv4 header at 0.
  void header_length_to_x() { emit(BPF_LDX | BPF_B | BPF_MSH, 0); }
  void zero_to_x() { emit(BPF_LDX | BPF_IMM, 0); }
  // X += the length of the IPv4 header at X + `at`.
  void add_header_length_to_x(std::uint32_t at) {
    constexpr std::uint32_t kLengthMask = 0xf;
    constexpr std::uint32_t kWordShift = 2;
    load_byte_at_x(at);
    emit(BPF_ALU | BPF_AND | BPF_K, kLengthMask);
    emit(BPF_ALU | BPF_LSH | BPF_K, kWordShift);
    emit(BPF_ALU | BPF_ADD | BPF_X, 0);
    emit(BPF_MISC | BPF_TAX, 0);
  }
  void reject_unless_equal(std::uint32_t value) { jump(BPF_JEQ, value, 1, 0), reject(); }
  void reject_unless_any_bit(std::uint32_t mask) { jump(BPF_JSET, mask, 1, 0), reject(); }
  // Both ends included.
  void reject_unless_between(std::uint32_t low, std::uint32_t high) {
    jump(BPF_JGE, low, 1, 0), reject();
    jump(BPF_JGT, high, 0, 1), reject();
  }
  void reject_if_any_bit(std::uint32_t mask) { jump(BPF_JSET, mask, 0, 1), reject(); }
  void accept() {
    constexpr std::uint32_t kWholePacket = 0xffffffff;
    emit(BPF_RET | BPF_K, kWholePacket);
  }
  void reject() { emit(BPF_RET | BPF_K, 0); }
  // Jump when equal, to where land() is called with the result.
  [[nodiscard]] std::size_t jump_if_equal(std::uint32_t value) {
    jump(BPF_JEQ, value, 0, 0);
    return program_.size() - 1;
  }
  void land(std::size_t from) {
    program_[from].jt = static_cast<std::uint8_t>(program_.size() - from - 1);
  }
  [[nodiscard]] FilterProgram take() { return std::move(program_); }

 private:
  void emit(unsigned code, std::uint32_t k) {
    program_.push_back({.code = static_cast<std::uint16_t>(code), .jt = 0, .jf = 0, .k = k});
  }
  void jump(unsigned test, std::uint32_t k, std::uint8_t if_true, std::uint8_t if_false) {
    emit(BPF_JMP | BPF_K | test, k);
    program_.back().jt = if_true;
    program_.back().jf = if_false;
  }
  FilterProgram program_;
};

}  // namespace sonde::transport
