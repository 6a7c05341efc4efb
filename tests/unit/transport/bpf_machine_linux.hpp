// bpf_machine_linux.hpp: runs a classic BPF program over a packet, for tests of filters.
#pragma once

#include <doctest/doctest.h>

#include <optional>

#include "sonde/base/bytes.hpp"
#include "sonde/transport/linux/bpf.hpp"

namespace sonde::transport::test {

// The instructions that our programs use; anything else is a failed test.
class BpfMachine {
 public:
  explicit BpfMachine(Bytes packet) : packet_(packet) {}

  bool accepts(const FilterProgram& program) {
    for (std::size_t pc = 0; pc < program.size(); ++pc) {
      const sock_filter& i = program[pc];
      if (BPF_CLASS(i.code) == BPF_RET) {
        return i.k != 0;
      }
      if (!step(i)) {
        return false;
      }
      pc += jump_;
      REQUIRE(pc + 1 < program.size());
    }
    FAIL("ran off the end");
    return false;
  }

 private:
  [[nodiscard]] std::optional<std::uint32_t> load(std::uint32_t at, std::size_t size) const {
    if (at > packet_.size() || size > packet_.size() - at) {
      return std::nullopt;  // the kernel rejects the packet
    }
    Reader in(packet_.subspan(at, size));
    return size == 1 ? in.u8() : in.u16();
  }
  bool step(const sock_filter& i) {
    jump_ = 0;
    std::optional<std::uint32_t> loaded;
    switch (i.code) {
      case BPF_LD | BPF_B | BPF_ABS:
        loaded = load(i.k, 1);
        break;
      case BPF_LD | BPF_H | BPF_ABS:
        loaded = load(i.k, 2);
        break;
      case BPF_LD | BPF_B | BPF_IND:
        loaded = load(x_ + i.k, 1);
        break;
      case BPF_LD | BPF_H | BPF_IND:
        loaded = load(x_ + i.k, 2);
        break;
      case BPF_LDX | BPF_IMM:
        x_ = i.k;
        return true;
      case BPF_LDX | BPF_B | BPF_MSH:
        loaded = load(i.k, 1);
        x_ = loaded ? (*loaded & 0xf) * 4 : 0;
        return loaded.has_value();
      case BPF_ALU | BPF_AND | BPF_K:
        a_ &= i.k;
        return true;
      case BPF_ALU | BPF_LSH | BPF_K:
        a_ <<= i.k;
        return true;
      case BPF_ALU | BPF_ADD | BPF_X:
        a_ += x_;
        return true;
      case BPF_MISC | BPF_TAX:
        x_ = a_;
        return true;
      case BPF_JMP | BPF_K | BPF_JEQ:
        jump_ = a_ == i.k ? i.jt : i.jf;
        return true;
      case BPF_JMP | BPF_K | BPF_JGE:
        jump_ = a_ >= i.k ? i.jt : i.jf;
        return true;
      case BPF_JMP | BPF_K | BPF_JGT:
        jump_ = a_ > i.k ? i.jt : i.jf;
        return true;
      case BPF_JMP | BPF_K | BPF_JSET:
        jump_ = (a_ & i.k) != 0 ? i.jt : i.jf;
        return true;
      default:
        FAIL("unexpected instruction");
    }
    a_ = loaded.value_or(0);
    return loaded.has_value();
  }

  Bytes packet_;
  std::uint32_t a_ = 0;
  std::uint32_t x_ = 0;
  std::size_t jump_ = 0;
};

}  // namespace sonde::transport::test
