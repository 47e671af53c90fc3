import Logging
import NIOHTTP1
import Testing
import Transport

struct FormatTests {
    @Test(
        arguments: [
            ([], .json), (["*/*"], .json), (["application/json"], .json), (["application/x-protobuf"], .protobuf),
            (["application/x-protobuf, application/json;q=0.1"], .json), (["application/json;q=0, */*"], .protobuf),
            (["application/json;q=0.0, application/x-protobuf"], .protobuf), (["application/*"], .json), (["application/*;q=0"], nil),
            (["application/*;q=0", "application/x-protobuf"], .protobuf), (["text/html"], nil), (["*/*;q=0"], nil), ([""], .json),
            (["text/html", "*/*;q=0.1"], .json), (["APPLICATION/JSON"], .json), (["application/json ; q=0.001"], .json),
            (["application/json;q=0.000"], nil), (["application/json;charset=utf-8;q=0"], nil), ([",,;,"], nil)
        ] as [([String], ContentType?)])
    func `Accept chooses JSON whenever that is acceptable`(_ values: [String], _ expected: ContentType?) {
        #expect(Negotiation.accepted(HTTPHeaders(values.map { ("Accept", $0) })) == expected)
    }

    @Test(arguments: [
        ("text/event-stream", true), ("text/*", true), ("*/*", true), ("text/event-stream;q=0", false), ("application/json", false)
    ])
    func `a single type is acceptable or not`(_ value: String, _ expected: Bool) {
        #expect(Negotiation.accepts("text/event-stream", ["Accept": value]) == expected)
        #expect(Negotiation.accepts("text/event-stream", [:]))
    }

    @Test(
        arguments: [
            ("application/json", .json, .json), ("application/x-protobuf", .protobuf, .protobuf),
            ("application/json; charset=utf-8", nil, .json), ("Application/JSON", nil, .json), (" application/json", nil, .json),
            ("text/json", nil, nil), ("", nil, nil), (";", nil, nil), ("application/json2", nil, nil)
        ] as [(String, ContentType?, ContentType?)])
    func `Content-Type is compared literally, or without case and parameters`(_ header: String, _ exact: ContentType?, _ lenient: ContentType?) {
        #expect(ContentType(exactly: header) == exact)
        #expect(ContentType(leniently: header) == lenient)
    }

    @Test(arguments: ["fn", "a.b_c.$d1", "jQuery123_456", "_"])
    func `JSONP wraps in a function's name`(_ name: String) {
        #expect(JSONP.wrap(Array("{}".utf8), function: name) == Array("\(name)({});".utf8))
    }

    @Test(arguments: ["", "1a", "a..b", ".a", "a.", "alert(1)//", "a b", "a;b", "<x>", "é", String(repeating: "a", count: 129)])
    func `JSONP refuses what is no function's name`(_ name: String) {
        #expect(JSONP.wrap([], function: name) == nil)
    }

    @Test func `the JSONP reply goes by the query`() async throws {
        try await withService { call in
            JSONP.reply(to: call, Array("{\"a\":1}".utf8))
        } _: { address in
            let caller = HTTPCaller(logger: Logger(label: "test"))
            for (query, status, type, body) in [
                ("", 200, "application/json", "{\"a\":1}"), ("?jsonp=f.g", 200, "text/javascript", "f.g({\"a\":1});"),
                ("?jsonp=", 200, "application/json", "{\"a\":1}"),
                ("?jsonp=%3Cscript%3E", 400, "text/plain; charset=utf-8", "The value of 'jsonp' is not the name of a function")
            ] {
                let answer = try await caller.send(.init(.GET, address.url("/state" + query)))
                #expect(answer.status.code == status && answer.headers["Content-Type"] == [type] && answer.text == body)
            }
            try await caller.shutdown()
        }
    }

    @Test func `event frames have the bytes that Marathon's clients split on`() async throws {
        let frame = ServerSentEvents.frame(type: "deployment_info", json: Array("{\"a\":1}".utf8))
        #expect(String(decoding: frame, as: UTF8.self) == "event: deployment_info\r\ndata: {\"a\":1}\r\n\r\n")
        try await withService { call in
            let outbox = Outbox()
            outbox.offer(frame)
            outbox.offer(ServerSentEvents.keepAlive)
            outbox.close(.afterDrain)
            return .events(RecordStream(outbox: outbox) { _ in })
        } _: { address in
            let client = try await RawClient.connect(address)
            try await client.send("GET /v2/events HTTP/1.1\r\nAccept: text/event-stream\r\n\r\n")
            let text = try await client.receiveAll()
            #expect(text.contains("\r\nContent-Type: text/event-stream;charset=UTF-8\r\n") && text.contains("Connection: close\r\n"))
            #expect(text.hasSuffix("\r\n\r\n2b\r\nevent: deployment_info\r\ndata: {\"a\":1}\r\n\r\n\r\n\r\n0\r\n\r\n"))
        }
    }

    @Test(
        arguments: [
            ("http://h:5050/api/v1?a=b", ("h", 5050, "/api/v1?a=b", false)), ("https://h", ("h", 443, "/", true)),
            ("HTTP://h?x", ("h", 80, "/?x", false)), ("http://[::1]:8080/", ("::1", 8080, "/", false)), ("http://[::1]", ("::1", 80, "/", false))
        ] as [(String, (String, Int, String, Bool))])
    func `URLs are taken apart`(_ url: String, _ expected: (String, Int, String, Bool)) throws {
        let endpoint = try #require(Endpoint(url))
        #expect((endpoint.host, endpoint.port, endpoint.target, endpoint.isSecure) == expected)
    }

    @Test(arguments: [
        "", "h:5050", "ftp://h", "http:/h", "http://", "http://:80", "http://h:x", "http://h:0", "http://h:65536", "http://u@h/",
        "http://h/a b", "http://h/\r\nX: y", "http://h/#f", "http://[::1", "http://[::1]x", "http://é/"
    ])
    func `texts that are no URL are refused`(_ url: String) {
        #expect(Endpoint(url) == nil)
    }

    @Test(arguments: [("a b/ü", "a%20b%2F%C3%BC"), ("A-z_0.~", "A-z_0.~"), ("", "")])
    func `percent coding goes both ways`(_ text: String, _ encoded: String) {
        #expect(Percent.encode(text) == encoded)
        #expect(Percent.decode(encoded.utf8) == text)
    }
}
