package import NIOHTTP1

/// A server's whole answer to a request of ours.
package struct Answer: Equatable, Sendable {
    package var status: HTTPResponseStatus
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The body as text, for messages.
    package var text: String { String(decoding: body, as: UTF8.self) }
}
