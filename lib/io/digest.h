// SHA-256 in lower-case hexadecimal (libcrypto), of bytes in memory or of a whole file read in pieces; and keyed, with
// numbers that nobody can guess, where one side proves to another that it knows a secret.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace nonna
{

class Sha256
{
  public:
    Sha256();
    Sha256(const Sha256& other);    // a copy goes on by itself: the digest so far, without ending the sum
    Sha256& operator=(const Sha256&) = delete;
    ~Sha256();
    void add(std::span<const std::byte> bytes);
    std::string hex();    // ends the sum

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// A digest in memory, where there are millions of them; all zeros stand for none.
using DigestBytes = std::array<unsigned char, 32>;
DigestBytes digest_bytes(const std::string& hex);    // of "": zeros
std::string digest_hex(const DigestBytes& bytes);

std::string sha256(std::span<const std::byte> bytes);
std::string sha256_file(const std::string& path);

DigestBytes hmac_sha256(std::span<const std::byte> key, std::span<const std::byte> bytes);    // RFC 2104
DigestBytes random_bytes();                                                                   // unpredictable

}    // namespace nonna
