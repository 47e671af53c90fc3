import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import Transport

@Suite(.serialized) struct HTTPCallerTests {
    private func withCaller(_ body: (HTTPCaller) async throws -> Void) async throws {
        let caller = HTTPCaller(logger: Logger(label: "test"), connections: 2)
        do {
            try await body(caller)
        } catch {
            try await caller.shutdown()
            throw error
        }
        try await caller.shutdown()
    }

    @Test func `requests and answers of each method are carried, over few connections`() async throws {
        let ports = Mutex(Set<Int>())
        try await withService { call in
            _ = ports.withLock { $0.insert(call.caller.port) }
            let body = String(decoding: try await call.body.collect(), as: UTF8.self)
            return .text(.accepted, "\(call.method) \(call.target) \(call.headers["X-Id"]) \(body)", headers: ["X-Back": "1"])
        } _: { address in
            try await withCaller { caller in
                for method in [HTTPMethod.GET, .POST, .PUT, .DELETE] {
                    let body = method == .GET ? [] : Array("b".utf8)
                    let answer = try await caller.send(.init(method, address.url("/p?q=1"), headers: ["X-Id": "7"], body: body))
                    #expect(answer.status == .accepted && answer.headers["X-Back"] == ["1"])
                    #expect(answer.text == "\(method) /p?q=1 [\"7\"] \(method == .GET ? "" : "b")")
                }
                try await withThrowingTaskGroup { group in
                    for _ in 0..<30 { group.addTask { try await caller.send(.init(.POST, address.url("/"), body: [1])).status } }
                    for try await status in group { #expect(status == .accepted) }
                }
            }
        }
        #expect(ports.withLock { $0.count } <= 4)
    }

    @Test func `redirects are answers`() async throws {
        try await withService { _ in
            Reply(status: .found, headers: ["Location": "/elsewhere"])
        } _: { address in
            try await withCaller { caller in
                let answer = try await caller.send(.init(.GET, address.url("/")))
                #expect(answer.status == .found && answer.headers["Location"] == ["/elsewhere"])
            }
        }
    }

    @Test func `each way to fail is told apart`() async throws {
        try await withService { call in
            if call.segments == ["slow"] { try await Task.sleep(for: .milliseconds(800)) }
            if call.segments == ["trickle"] {
                return .stream(.ok, "text/plain") { writer in
                    for _ in 0..<16 {
                        try await writer.write([1])
                        try await Task.sleep(for: .milliseconds(50))
                    }
                }
            }
            if call.segments == ["cut"] { return .stream(.ok, "text/plain") { _ in throw ConnectionClosed() } }
            return .text(.ok, String(repeating: "x", count: 1001))
        } _: { address in
            try await withCaller { caller in
                let rows: [(HTTPCaller.Request, HTTPCaller.Failure)] = [
                    (.init(.GET, address.url("/slow"), deadline: .milliseconds(200)), .timeout),
                    (.init(.GET, address.url("/trickle"), deadline: .milliseconds(200)), .timeout),
                    (.init(.GET, address.url("/big"), limit: 1000), .tooLarge(limit: 1000)),
                    (.init(.GET, "http://127.0.0.1:1/"), .unreachable("Nothing listens on 127.0.0.1:1")),
                    (.init(.GET, "nonsense"), .invalidURL("nonsense"))
                ]
                for (request, failure) in rows {
                    await #expect(throws: failure, "\(request.url)") { try await caller.send(request) }
                }
                let error = await #expect(throws: HTTPCaller.Failure.self) { try await caller.send(.init(.GET, address.url("/cut"))) }
                guard case .broken = error else {
                    Issue.record("failed with \(String(describing: error))")
                    return
                }
                let answer = try await caller.send(.init(.GET, address.url("/big"), limit: 1001))
                #expect(answer.body.count == 1001)
            }
        }
    }

    @Test func `a cancelled request ends at once`() async throws {
        let started = Probe<Bool>()
        try await withService { _ in
            started.append(true)
            try await Task.sleep(for: .seconds(1))
            return .text(.ok, "")
        } _: { address in
            try await withCaller { caller in
                let task = Task { try await caller.send(.init(.GET, address.url("/"))) }
                _ = try await started.first()
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
            }
        }
    }
}
