#pragma once
// The only dialect of Asio we speak: a coroutine that may wait returns Task<T> and its failure is a
// value.
//
// Rules (docs of the whole room, checked in review): parameters by value; no capturing coroutine
// lambda; nothing detached, spawn into a TaskGroup; every wait has a Deadline; no mutex or store
// borrow across co_await.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "base/error.h"

namespace tenon {

namespace asio = boost::asio;

using Executor = asio::any_io_executor;

template <class T = void>
using Task = asio::awaitable<Result<T>>;

}  // namespace tenon
