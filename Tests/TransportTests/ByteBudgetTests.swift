import NIOCore
import NIOHTTP1
import Testing
import Transport

struct ByteBudgetTests {
    @Test func `bodies that are too much together are answered with 503, and what is done makes room`() async throws {
        let held = Probe<Int>()
        let release = Probe<Bool>()
        try await withService { options in
            options.bodiesLimit = 1_000
        } respond: { call in
            let count = try await call.body.collect().count
            if call.path == "/held" {
                held.append(count)
                _ = try await release.first()
            }
            return .text(.ok, "\(count)")
        } _: { address in
            func post(_ path: String, _ count: Int) async throws -> String {
                let client = try await RawClient.connect(address)
                let body = String(repeating: "x", count: count)
                try await client.send("POST \(path) HTTP/1.1\r\nConnection: close\r\nContent-Length: \(count)\r\n\r\n\(body)")
                return try await client.receiveAll()
            }
            async let first = post("/held", 600)
            _ = try await held.first()
            let refused = try await post("/", 600)
            #expect(refused.hasPrefix("HTTP/1.1 503 ") && refused.hasSuffix("Too much is being sent to this server at a time; try again"))
            #expect(try await post("/", 300).hasPrefix("HTTP/1.1 200 "))
            release.append(true)
            #expect(try await first.hasSuffix("600"))
            // The request is forgotten a moment after its answer has been read.
            let deadline = ContinuousClock.now + .seconds(20)
            var last = ""
            repeat { last = try await post("/", 1_000) } while !last.hasPrefix("HTTP/1.1 200 ") && ContinuousClock.now < deadline
            #expect(last.hasSuffix("1000"))
        }
    }

    @Test func `large replies that nobody reads are held up to a limit, past it others get 503 until there is room`() async throws {
        try await withService { options in
            options.repliesLimit = 1_000_000
        } respond: { call in
            .text(.ok, String(repeating: "x", count: call.path == "/large" ? 20_000_000 : 100_000))
        } _: { address in
            // One that is alone may be as large as it likes; what is behind it may not.
            let idle = try await RawClient.connect(address, isReading: false)
            try await idle.send("GET /large HTTP/1.1\r\n\r\n")
            var answer = ""
            func ask(until isMet: (String) -> Bool) async throws {
                let deadline = ContinuousClock.now + .seconds(30)
                repeat {
                    let client = try await RawClient.connect(address)
                    try await client.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
                    answer = try await client.receiveAll()
                    try await Task.sleep(for: .milliseconds(20))
                } while !isMet(answer) && ContinuousClock.now < deadline
            }
            try await ask { $0.hasPrefix("HTTP/1.1 503 ") }
            #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.contains("Retry-After: 1"))
            #expect(answer.hasSuffix("Too many large answers wait for clients that don't read; try again"))
            try await idle.reset()
            try await ask { $0.hasPrefix("HTTP/1.1 200 ") }
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
        }
    }
}
