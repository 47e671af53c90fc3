import Logging
import Machine
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Testing
import Transport

@Suite(.serialized) struct HTTPServiceTests {
    private static let echo: @Sendable (Call) async throws -> Reply = { call in
        .text(.ok, "\(call.method) \(call.segments) \(String(decoding: try await call.body.collect(), as: UTF8.self))")
    }

    /// The bodies and heads of answers with Content-Length, in order.
    private func split(_ text: String) -> [(head: String, body: String)] {
        var answers: [(String, String)] = []
        var rest = text[...]
        while let end = rest.firstRange(of: "\r\n\r\n") {
            let head = String(rest[..<end.lowerBound])
            let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
            let length = line.flatMap { Int($0.dropFirst(15).drop { $0 == " " }) } ?? 0
            let body = rest[end.upperBound...].prefix(length)
            answers.append((head, String(body)))
            rest = rest[end.upperBound...].dropFirst(length)
        }
        return answers
    }

    @Test func `a connection is kept alive, and requests sent ahead are answered in their order`() async throws {
        try await withService(respond: { call in
            // The first one takes longest.
            if call.segments == ["0"] { try await Task.sleep(for: .milliseconds(50)) }
            return try await Self.echo(call)
        }) { address in
            let client = try await RawClient.connect(address)
            let requests = (0..<100).map { "POST /\($0) HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc" }.joined()
            try await client.send(requests)
            let text = try await client.receive { $0.contains("[\"99\"]") }
            #expect(split(text).map(\.body) == (0..<100).map { "POST [\"\($0)\"] abc" })
            try await client.send("GET /later HTTP/1.1\r\n\r\n")
            try await client.receive { $0.contains("GET [\"later\"] ") }
        }
    }

    @Test func `close, and HTTP 1.0 without keep-alive, end the connection after the answer`() async throws {
        try await withService(respond: Self.echo) { address in
            for (request, expected) in [
                ("GET /a HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK"), ("GET /a HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK")
            ] {
                let client = try await RawClient.connect(address)
                try await client.send(request)
                let text = try await client.receiveAll()
                #expect(text.hasPrefix(expected) && text.contains("Connection: close\r\n") && text.hasSuffix("GET [\"a\"] "))
                await client.close()
            }
            let client = try await RawClient.connect(address)
            try await client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            try await client.receive { $0.contains("Connection: keep-alive\r\n") && $0.hasSuffix("GET [\"a\"] ") }
            try await client.send("GET /b HTTP/1.0\r\n\r\n")
            let text = try await client.receiveAll()
            #expect(text.hasSuffix("GET [\"b\"] "))
        }
    }

    @Test func `a client that closes its half after the request is answered`() async throws {
        try await withService(respond: { call in
            try await Task.sleep(for: .milliseconds(50))
            return try await Self.echo(call)
        }) { address in
            let client = try await RawClient.connect(address)
            try await client.send("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n")
            try await client.closeOutput()
            let text = try await client.receiveAll()
            #expect(split(text).map(\.body) == ["GET [\"a\"] ", "GET [\"b\"] "])
        }
    }

    enum Farewell: CaseIterable {
        case connectionClose, halfClose, shutdown
    }

    @Test(arguments: Farewell.allCases)
    func `a large reply arrives whole although it is the last one`(_ farewell: Farewell) async throws {
        let answered = Probe<RawClient>()
        let size = 20_000_000
        try await withService { _ in
            .text(.ok, String(repeating: "x", count: size - 1) + "!")
        } _: { address in
            let client = try await RawClient.connect(address)
            let header = farewell == .connectionClose ? "Connection: close\r\n" : ""
            try await client.send("GET / HTTP/1.1\r\n\(header)\r\n")
            if farewell == .halfClose { try await client.closeOutput() }
            try await client.receive(atLeast: 1)
            answered.append(client)
        }
        let text = try await answered.first().receiveAll()
        #expect(text.utf8.count > size && text.hasSuffix("x!"))
    }

    @Test func `whole requests are answered although the one behind them ends too early`() async throws {
        try await withService(respond: Self.echo) { address in
            let client = try await RawClient.connect(address)
            try await client.send("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nPOST /c HTTP/1.1\r\nContent-Length: 5\r\n\r\nab")
            try await client.closeOutput()
            let bodies = split(try await client.receiveAll()).map(\.body)
            #expect(Array(bodies.prefix(2)) == ["GET [\"a\"] ", "GET [\"b\"] "])
            #expect(!bodies.contains { $0.contains("ab") })
        }
    }

    @Test func `chunked bodies, in whatever pieces they come`() async throws {
        try await withService(respond: Self.echo) { address in
            let client = try await RawClient.connect(address)
            for byte in "PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n" {
                try await client.send(String(byte))
            }
            try await client.receive { $0.hasSuffix("PUT [\"x\"] abcde") }
        }
    }

    @Test func `a body up to the limit is taken, a larger one is refused with 413, announced or not`() async throws {
        try await withService {
            $0.bodyLimit = 1000
        } respond: { call in
            .text(.ok, "\(try await call.body.collect().count) bytes")
        } _: { address in
            let rows: [(String, String)] = [
                ("Content-Length: 1000\r\n\r\n" + String(repeating: "x", count: 1000), "1000 bytes"),
                ("Content-Length: 1001\r\n\r\n" + String(repeating: "x", count: 1001), "larger than 1000 bytes"),
                ("Content-Length: 99999999999\r\n\r\n", "larger than 1000 bytes"),
                ("Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + String(repeating: "x", count: 1000) + "\r\n0\r\n\r\n", "1000 bytes"),
                ("Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + String(repeating: "x", count: 1001) + "\r\n", "larger than 1000 bytes")
            ]
            for (request, expected) in rows {
                let client = try await RawClient.connect(address)
                try await client.send("POST / HTTP/1.1\r\n" + request)
                let text = try await client.receive { $0.hasSuffix(expected) }
                #expect(text.hasPrefix(expected.hasPrefix("larger") ? "HTTP/1.1 413 Payload Too Large\r\n" : "HTTP/1.1 200 OK\r\n"))
                await client.close()
            }
        }
    }

    @Test func `a large body that nobody wants is not read, and its sender gets the answer`() async throws {
        try await withService { _ in
            .text(.forbidden, "no")
        } _: { address in
            let client = try await RawClient.connect(address)
            try await client.send("POST / HTTP/1.1\r\nContent-Length: 3000000\r\n\r\n" + String(repeating: "x", count: 1_000_000))
            let text = try await client.receiveAll()
            #expect(text.hasPrefix("HTTP/1.1 403 Forbidden\r\n") && text.contains("Connection: close\r\n") && text.hasSuffix("\r\n\r\nno"))
        }
    }

    enum Malformed: String, CaseIterable {
        case garbage = "GARBAGE\r\n\r\n"
        case header = "GET / HTTP/1.1\r\nbad header\r\n\r\n"
        case version = "GET / HTTP/9.9.9\r\n\r\n"
        case length = "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"
        case twoLengths = "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na"
        case handshake = "\u{16}\u{3}\u{1}\u{0}\u{5}"
        case longHeader = "GET / HTTP/1.1\r\n\r\n"

        var bytes: String {
            self == .longHeader ? "GET / HTTP/1.1\r\nX: " + String(repeating: "y", count: 100_000) + "\r\n\r\n" : rawValue
        }
    }

    @Test(arguments: Malformed.allCases)
    func `malformed requests are answered with 400 and the connection is closed`(_ request: Malformed) async throws {
        try await withService(respond: Self.echo) { address in
            let client = try await RawClient.connect(address)
            try await client.send(request.bytes)
            let text = try await client.receiveAll()
            #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n") && text.contains("Connection: close\r\n"))
        }
    }

    @Test func `a malformed request is answered after the good one before it`() async throws {
        try await withService(respond: { call in
            try await Task.sleep(for: .milliseconds(30))
            return try await Self.echo(call)
        }) { address in
            let client = try await RawClient.connect(address)
            try await client.send("GET /good HTTP/1.1\r\n\r\nGARBAGE\r\n\r\n")
            let answers = split(try await client.receiveAll())
            #expect(answers.map { $0.head.prefix(12) } == ["HTTP/1.1 200", "HTTP/1.1 400"])
        }
    }

    @Test func `a broken chunk is a malformed body`() async throws {
        try await withService(respond: Self.echo) { address in
            let client = try await RawClient.connect(address)
            try await client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n")
            let text = try await client.receiveAll()
            #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n") && text.contains("Malformed request"))
        }
    }

    @Test func `HEAD has the head of a GET and no body, also of a stream`() async throws {
        try await withService { call in
            if call.segments == ["stream"] { return .stream(.ok, "text/plain") { try await $0.write(Array("never".utf8)) } }
            if call.segments == ["records"] { return .records(RecordStream(outbox: Outbox()) { _ in }, contentType: "application/json") }
            return .text(.ok, "hello")
        } _: { address in
            let client = try await RawClient.connect(address)
            try await client.send("HEAD / HTTP/1.1\r\n\r\nHEAD /again HTTP/1.1\r\n\r\nHEAD /stream HTTP/1.1\r\n\r\n")
            let text = try await client.receiveAll()
            let heads = text.components(separatedBy: "\r\n\r\n")
            #expect(heads.count == 4 && heads[3].isEmpty)
            #expect(heads[0].contains("Content-Length: 5") && heads[1].contains("Content-Length: 5"))
            #expect(!text.contains("hello") && !text.contains("never"))
            let other = try await RawClient.connect(address)
            try await other.send("HEAD /records HTTP/1.1\r\n\r\n")
            let records = try await other.receiveAll()
            #expect(records.hasPrefix("HTTP/1.1 200") && records.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func `a client that expects to be told to continue is told, when its body is wanted`() async throws {
        try await withService { call in
            call.segments == ["no"] ? .text(.forbidden, "no") : try await Self.echo(call)
        } _: { address in
            let client = try await RawClient.connect(address)
            try await client.send("POST /yes HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            try await client.receive { $0 == "HTTP/1.1 100 Continue\r\n\r\n" }
            try await client.send("abc")
            let text = try await client.receive { $0.hasSuffix("POST [\"yes\"] abc") }
            #expect(text.components(separatedBy: "100 Continue").count == 2)
            try await client.send("POST /no HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            let end = try await client.receiveAll()
            #expect(end.components(separatedBy: "100 Continue").count == 2 && end.contains("HTTP/1.1 403 Forbidden\r\n"))
        }
    }

    @Test(arguments: [
        "/..", "/../etc/passwd", "/a/../b", "/a/..", "/a/..b", "/%2e%2e/x", "/a/.%2E", "/a/%2e./b", "*", "/%zz", "/%", "/a%00b", "/%ff"
    ])
    func `paths that climb or can't be decoded are not found`(_ path: String) async throws {
        try await withService { _ in
            .text(.ok, "reached")
        } _: { address in
            let client = try await RawClient.connect(address)
            try await client.send("GET \(path) HTTP/1.1\r\n\r\n")
            try await client.receive { $0.hasPrefix("HTTP/1.1 404 Not Found\r\n") && $0.hasSuffix("\r\n\r\n404 Not Found.") }
        }
    }

    @Test func `paths and queries are taken apart and decoded`() async throws {
        try await withService { call in
            let items = call.query.items.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
            return .text(.ok, "\(call.segments) \(call.path) \(items) \(call.query.all("x"))")
        } _: { address in
            let client = try await RawClient.connect(address)
            try await client.send("GET //slave%281%29//a%2Fb/?force&x=1%202&x=a+b&y=%zz&=v HTTP/1.1\r\n\r\n")
            let expected = #"["slave(1)", "a/b"] //slave%281%29//a%2Fb/ force=|x=1 2|x=a b|y=%zz|=v ["1 2", "a b"]"#
            try await client.receive { $0.hasSuffix(expected) }
        }
    }

    @Test(arguments: ["GET http://example.org/a%20b?x=1 HTTP/1.1", "GET /a%20b?x=1 HTTP/1.1"])
    func `a target with an authority is the same as one without`(_ line: String) async throws {
        try await withService { call in
            .text(.ok, "\(call.segments) \(call.target)")
        } _: { address in
            let client = try await RawClient.connect(address)
            try await client.send("\(line)\r\n\r\n")
            try await client.receive { $0.hasSuffix(#"["a b"] /a%20b?x=1"#) }
        }
    }

    @Test func `an upgrade is not taken: the request is answered, and the connection closed`() async throws {
        try await withService(respond: Self.echo) { address in
            let client = try await RawClient.connect(address)
            let upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
            try await client.send("POST /a HTTP/1.1\r\n\(upgrade)Content-Length: 1\r\n\r\nx")
            let text = try await client.receiveAll()
            #expect(text.contains("\r\nConnection: close\r\n") && text.hasSuffix("POST [\"a\"] x"))
        }
    }

    @Test func `settling ends`() async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        await HTTPService(HTTPService.Options(), responder: ClosureResponder(body: Self.echo), logger: logger).settle()
    }

    @Test func `the caller's address is told`() async throws {
        try await withService { call in
            #expect(call.caller.principal == nil)
            return .text(.ok, call.caller.origin.peer)
        } _: { address in
            let client = try await RawClient.connect(address)
            try await client.send("GET / HTTP/1.1\r\n\r\n")
            let port = client.port
            try await client.receive { $0.hasSuffix("\r\n\r\n127.0.0.1:\(port)") }
        }
    }

    @Test func `a streamed reply is chunked, paced by its reader, and cut when its writer fails`() async throws {
        try await withService { call in
            .stream(.ok, "text/plain") { writer in
                for number in 0..<100 { try await writer.write([UInt8](repeating: UInt8(ascii: "a") + UInt8(number % 26), count: 100_000)) }
                if call.segments == ["fail"] { throw TimedOut(description: "on purpose") }
            }
        } _: { address in
            let client = try await RawClient.connect(address)
            try await client.send("GET / HTTP/1.1\r\n\r\n")
            try await client.receive(atLeast: 10_000_000)
            try await client.receive { $0.hasSuffix("\r\n0\r\n\r\n") }
            try await client.send("GET /fail HTTP/1.1\r\n\r\n")
            let text = try await client.receiveAll()
            #expect(text.utf8.count > 20_000_000 && !text.hasSuffix("\r\n0\r\n\r\n"))
        }
    }

    @Test func `an idle connection is closed, and so is one whose request doesn't get on`() async throws {
        try await withService {
            $0.idleTimeout = .seconds(1)
        } respond: { call in
            if call.segments == ["slow"] { try await Task.sleep(for: .milliseconds(2500)) }
            return try await Self.echo(call)
        } _: { address in
            let idle = try await RawClient.connect(address)
            let slowHead = try await RawClient.connect(address)
            try await slowHead.send("GET / HT")
            let slowBody = try await RawClient.connect(address)
            try await slowBody.send("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab")
            let answered = try await RawClient.connect(address)
            try await answered.send("GET /slow HTTP/1.1\r\n\r\n")
            let nothing = try await idle.receiveAll(within: .seconds(20))
            #expect(nothing.isEmpty)
            let head = try await slowHead.receiveAll()
            #expect(head.isEmpty || head.hasPrefix("HTTP/1.1 400"))
            let body = try await slowBody.receiveAll()
            #expect(body.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
            let text = try await answered.receiveAll()
            #expect(text.hasSuffix("GET [\"slow\"] "))
        }
    }

    @Test func `errors of the responder become 500 in the form that was chosen`() async throws {
        try await withService {
            $0.renderError = { .json($0, Array("{\"message\":\"\($1)\"}".utf8)) }
        } respond: { _ in
            throw TimedOut(description: "secret")
        } _: { address in
            let client = try await RawClient.connect(address)
            try await client.send("GET / HTTP/1.1\r\n\r\n")
            let text = try await client.receive { $0.hasSuffix("{\"message\":\"Internal error\"}") }
            #expect(text.hasPrefix("HTTP/1.1 500 Internal Server Error\r\n") && !text.contains("secret"))
        }
    }

    @Test func `a status without a body has none`() async throws {
        try await withService { _ in
            Reply(status: .noContent, body: .bytes([1, 2]))
        } _: { address in
            let client = try await RawClient.connect(address)
            try await client.send("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nConnection: close\r\n\r\n")
            let text = try await client.receiveAll()
            #expect(text.components(separatedBy: "HTTP/1.1 204 No Content").count == 3)
            #expect(!text.lowercased().contains("content-length") && text.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func `a taken port and an address that isn't ours are explained in one sentence`() async throws {
        try await withService(respond: Self.echo) { address in
            let rows = [
                ("127.0.0.1", address.port, "Cannot listen on 127.0.0.1:\(address.port): another process listens there already"),
                ("203.0.113.7", 5050, "Cannot listen on 203.0.113.7:5050: no interface of this machine has that address"),
                ("127.0.0.300", 5050, "Cannot listen on 127.0.0.300:5050: '127.0.0.300' is not the numeric address of an interface")
            ]
            for (ip, port, text) in rows {
                var options = HTTPService.Options()
                options.address = ip
                options.port = port
                var logger = Logger(label: "test")
                logger.logLevel = .critical
                let service = HTTPService(options, responder: ClosureResponder(body: Self.echo), logger: logger)
                let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: logger))
                let error = await #expect(throws: HTTPService.ListenError.self) { try await group.run() }
                #expect(error?.description == text)
                await #expect(throws: HTTPService.ListenError.self) { try await service.address() }
            }
        }
    }

    @Test func `shutdown lets a request finish and refuses new connections`() async throws {
        let started = Probe<Bool>()
        let mayFinish = Probe<Bool>()
        var options = HTTPService.Options()
        options.address = "127.0.0.2"
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let responder = ClosureResponder { _ in
            started.append(true)
            _ = try await mayFinish.first()
            return .text(.ok, "finished")
        }
        let service = HTTPService(options, responder: responder, logger: logger)
        let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: logger))
        async let running: Void = group.run()
        let address = try await service.address()
        #expect(address.ip == "127.0.0.2")
        let idle = try await RawClient.connect(address)
        let client = try await RawClient.connect(address)
        try await client.send("GET / HTTP/1.1\r\n\r\n")
        _ = try await started.first()
        await group.triggerGracefulShutdown()
        _ = try await idle.receiveAll(within: .seconds(2))
        mayFinish.append(true)
        let text = try await client.receiveAll()
        #expect(text.hasSuffix("finished"))
        try await running
        await #expect(throws: (any Error).self) { try await RawClient.connect(address) }
    }

    @Test func `connections past the bound wait until others leave`() async throws {
        try await withService {
            $0.maximumConnections = 2
        } respond: { call in
            try await Self.echo(call)
        } _: { address in
            let first = try await RawClient.connect(address)
            let second = try await RawClient.connect(address)
            for client in [first, second] {
                try await client.send("GET / HTTP/1.1\r\n\r\n")
                try await client.receive { $0.hasSuffix("GET [] ") }
            }
            let third = try await RawClient.connect(address)
            try await third.send("GET / HTTP/1.1\r\n\r\n")
            try await Task.sleep(for: .milliseconds(100))
            #expect(third.received.isEmpty)
            await first.close()
            try await third.receive { $0.hasSuffix("GET [] ") }
        }
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
