import NIOCore
import NIOPosix

/// Carries connections on from an address of the machine's loopback to a server inside a namespace, so that a test speaks to it as to
/// any other.
final class Relay: Sendable {
    private let listener: any Channel
    private let inside: MultiThreadedEventLoopGroup

    /// - Parameter port: the same on both sides.
    init(from ip: String, to host: Network.Host, port: Int) async throws {
        let inside = try Network.eventLoop(in: host)
        self.inside = inside
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { outer in
                // By name, not by address: then the loop itself makes the socket, where it is.
                ClientBootstrap(group: inside)
                    .connectTimeout(.seconds(5))
                    .channelOption(.autoRead, value: false)
                    .channelOption(.allowRemoteHalfClosure, value: true)
                    .connect(host: host.ip, port: port)
                    .flatMap { inner in
                        inner.pipeline.addHandler(Pump(to: outer)).and(outer.pipeline.addHandler(Pump(to: inner))).map { _ in }
                    }
                    .hop(to: outer.eventLoop)
            }
            .bind(host: ip, port: port).get()
    }

    func close() async {
        try? await listener.close()
        try? await inside.shutdownGracefully()
    }
}

/// Writes what one connection receives to another one, as fast as that one takes it.
private final class Pump: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let other: any Channel

    init(to other: any Channel) { self.other = other }

    func handlerAdded(context: ChannelHandlerContext) { if context.channel.isActive { context.read() } }

    func channelActive(context: ChannelHandlerContext) { context.read() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = context.channel
        other.writeAndFlush(unwrapInboundIn(data)).whenComplete { result in
            if case .success = result { channel.read() } else { channel.close(promise: nil) }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { other.close(mode: .output, promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
