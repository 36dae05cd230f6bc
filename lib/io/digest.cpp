#include "io/digest.h"

#include "base/error.h"
#include "io/input.h"

#include <charconv>
#include <new>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <vector>

namespace nonna
{

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>())
{
    if (!state_->context || EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1)
        throw std::bad_alloc();
}

Sha256::Sha256(const Sha256& other) : state_(std::make_unique<State>())
{
    if (!state_->context || EVP_MD_CTX_copy_ex(state_->context, other.state_->context) != 1)
        throw std::bad_alloc();
}

Sha256::~Sha256() = default;

void Sha256::add(std::span<const std::byte> bytes) { EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()); }

std::string Sha256::hex()
{
    DigestBytes digest{};
    EVP_DigestFinal_ex(state_->context, digest.data(), nullptr);
    return digest_hex(digest);
}

DigestBytes digest_bytes(const std::string& hex)
{
    DigestBytes bytes{};
    for (std::size_t i = 0; i < bytes.size() && 2 * i + 2 <= hex.size(); ++i)
        std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, bytes[i], 16);
    return bytes;
}

std::string digest_hex(const DigestBytes& bytes)
{
    std::string text;
    for (const unsigned char byte : bytes) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

std::string sha256(std::span<const std::byte> bytes)
{
    Sha256 sum;
    sum.add(bytes);
    return sum.hex();
}

std::string sha256_file(const std::string& path)
{
    Input input(path);
    Sha256 sum;
    std::vector<std::byte> piece(1 << 20);
    while (const std::size_t n = input.read(piece))
        sum.add(std::span(piece).first(n));
    return sum.hex();
}

DigestBytes hmac_sha256(std::span<const std::byte> key, std::span<const std::byte> bytes)
{
    DigestBytes digest{};
    if (!HMAC(EVP_sha256(), key.data(), int(key.size()), reinterpret_cast<const unsigned char*>(bytes.data()),
              bytes.size(), digest.data(), nullptr))
        throw std::bad_alloc();
    return digest;
}

DigestBytes random_bytes()
{
    DigestBytes bytes{};
    if (RAND_bytes(bytes.data(), int(bytes.size())) != 1)
        throw Error("random numbers", "the system has none");
    return bytes;
}

}    // namespace nonna
