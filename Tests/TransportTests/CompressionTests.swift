import Logging
import NIOHTTP1
import Testing
import Transport

@Suite(.serialized) struct CompressionTests {
    private static let text = Array(String(repeating: "the same again and again. ", count: 400).utf8)

    @Test(arguments: [0, 1, 1000, 65_536, 65_537, 3_000_000])
    func `what is compressed is restored`(_ count: Int) async throws {
        var seed: UInt32 = 1
        let bytes = (0..<count).map { _ -> UInt8 in
            seed = seed &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: seed >> 28)
        }
        let compressed = try #require(await Gzip.compress(bytes))
        #expect(try Gzip.decompress(compressed, limit: count) == bytes)
        if count > 0 { #expect(throws: Gzip.Failure.tooLarge) { try Gzip.decompress(compressed, limit: count - 1) } }
        for end in [0, 1, 9, compressed.count / 2, compressed.count - 1] where end < compressed.count {
            #expect(throws: Gzip.Failure.malformed) { try Gzip.decompress(Array(compressed[..<end]), limit: count) }
        }
        #expect(throws: Gzip.Failure.malformed) { try Gzip.decompress(compressed + [1, 2, 3], limit: count + 3) }
        #expect(try Gzip.decompress(compressed + compressed, limit: 2 * count) == bytes + bytes)
    }

    @Test func `a bomb costs its limit, not its size`() async throws {
        var bomb = [UInt8](repeating: 0, count: 100 << 20)
        bomb = try #require(await Gzip.compress(bomb))
        #expect(bomb.count < 200_000)
        let took = ContinuousClock().measure {
            #expect(throws: Gzip.Failure.tooLarge) { try Gzip.decompress(bomb, limit: 1 << 20) }
        }
        #expect(took < .seconds(1))
    }

    private func request(_ method: String, _ headers: String, _ body: [UInt8], to address: HTTPService.Address) async throws -> String {
        let client = try await RawClient.connect(address)
        try await client.send("\(method) / HTTP/1.1\r\nConnection: close\r\n\(headers)Content-Length: \(body.count)\r\n\r\n")
        try await client.send(body)
        return try await client.receiveAll()
    }

    @Test func `compressed bodies of requests are decoded within the limit, other codings refused`() async throws {
        try await withService {
            $0.bodyLimit = 20_000
        } respond: { call in
            .text(.ok, "\(try await call.body.collect() == Self.text)")
        } _: { address in
            let good = try #require(await Gzip.compress(Self.text))
            let bomb = try #require(await Gzip.compress([UInt8](repeating: 0, count: 20_001)))
            let rows = [
                ("Content-Encoding: gzip\r\n", good, "200 OK"), ("Content-Encoding: X-GZIP\r\n", good, "200 OK"),
                ("Content-Encoding: identity\r\n", Self.text, "200 OK"), ("Content-Encoding: gzip\r\n", bomb, "413 Payload Too Large"),
                ("Content-Encoding: gzip\r\n", Self.text, "400 Bad Request"),
                ("Content-Encoding: gzip\r\n", Array(good.dropLast()), "400 Bad Request"),
                ("Content-Encoding: br\r\n", good, "415 Unsupported Media Type")
            ]
            for (header, body, status) in rows {
                let text = try await request("POST", header, body, to: address)
                #expect(text.hasPrefix("HTTP/1.1 \(status)\r\n"), "\(header) \(text)")
                if status == "200 OK" { #expect(text.hasSuffix("\r\n\r\ntrue")) }
            }
        }
    }

    @Test func `replies from 1,024 bytes on are compressed for clients that accept it, streams never`() async throws {
        try await withService { call in
            switch call.headers.first(name: "X-Kind") {
            case "short": return .json(.ok, [UInt8](repeating: 32, count: 1023))
            case "long": return .json(.ok, [UInt8](repeating: 32, count: 1024))
            case "image": return Reply(.ok, "image/png", Self.text)
            case "stream": return .stream(.ok, "text/plain") { try await $0.write(Self.text) }
            default:
                let outbox = Outbox()
                outbox.offer(record: Self.text)
                outbox.close(.afterDrain)
                return .records(RecordStream(outbox: outbox) { _ in }, contentType: "application/json")
            }
        } _: { address in
            let rows = [
                ("long", "gzip, deflate", true), ("long", "*", true), ("long", "deflate;q=1, gzip;q=0.5", true), ("long", "gzip;q=0, *", false),
                ("long", "deflate", false), ("long", nil, false), ("short", "gzip", false), ("image", "gzip", false),
                ("stream", "gzip", false), ("records", "gzip", false)
            ]
            let caller = HTTPCaller(logger: Logger(label: "test"))
            for (kind, accepted, isCompressed) in rows {
                var headers: HTTPHeaders = ["X-Kind": kind]
                if let accepted { headers.add(name: "Accept-Encoding", value: accepted) }
                let answer = try await caller.send(.init(.GET, address.url("/"), headers: headers))
                #expect(answer.headers.contains(name: "Content-Encoding") == isCompressed, "\(kind) \(accepted ?? "")")
                if isCompressed {
                    #expect(answer.headers["Content-Encoding"] == ["gzip"])
                    #expect(try Gzip.decompress(answer.body, limit: 1024).count == 1024)
                }
                #expect(answer.headers.contains(name: "Vary") == (kind == "long"))
            }
            try await caller.shutdown()
        }
    }
}
