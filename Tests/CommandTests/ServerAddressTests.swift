import Testing

@testable import agora

/// Addresses as people write them.
struct ServerAddressTests {
    @Test(
        arguments: [
            ("127.0.0.1:4400", "http://127.0.0.1:4400", nil), ("https://host/", "https://host", nil),
            ("http://u:p@host:4400", "http://host:4400", "u:p"), ("u:p@host:4400/", "http://host:4400", "u:p"),
            ("http://u%40x:p%3Aq%25@host/batch", "http://host/batch", "u@x:p:q%"), ("http://u@host", "http://host", "u:"),
            ("http://u:a@b@host", "http://host", "u:a@b"), ("http://host/a@b", "http://host/a@b", nil), ("http://u:%zz@host", "http://host", "u:%zz"),
            ("http://:@host", "http://host", ":"), ("@", "http://", ":"), ("", "http://", nil)
        ] as [(String, String, String?)])
    func `an address may say as whom, and is shown without that`(_ text: String, _ base: String, _ credentials: String?) {
        let address = ServerAddress(text)
        #expect(address.base == base && address.credentials == credentials)
    }

    @Test func `what an address lacks comes from elsewhere, the first that there is`() {
        #expect(ServerAddress("host", or: [nil, "", "a:b", "c:d"]).credentials == "a:b")
        #expect(ServerAddress("u:p@host", or: ["a:b"]).credentials == "u:p")
        #expect(ServerAddress("user:secret@host").authorization == "Basic dXNlcjpzZWNyZXQ=" && ServerAddress("host").authorization == nil)
    }

    @Test func `credentials go to their own server alone`() {
        let address = ServerAddress("u:p@127.0.0.1:80")
        #expect(address.holds("http://127.0.0.1:80/ping") && address.holds("http://127.0.0.1:80") && address.holds("http://127.0.0.1:80?x"))
        #expect(!address.holds("http://127.0.0.1:8080/ping") && !address.holds("https://127.0.0.1:80/ping") && !address.holds("http://127.0.0.1/"))
    }
}
