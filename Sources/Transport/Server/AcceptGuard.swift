import Logging
import NIOCore

/// Keeps a listening socket alive when accepting fails for want of descriptors or memory, or because the client has gone again: it pauses,
/// where the accept loop behind it would end on the first error.
final class AcceptGuard: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let pause = TimeAmount.milliseconds(100)

    private let logger: Logger
    private var isPaused = false

    private init(logger: Logger) { self.logger = logger }

    static func install(in channel: any Channel, logger: Logger) async {
        let isInstalled = channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(AcceptGuard(logger: logger), position: .first)
        }
        do {
            try await isInstalled.get()
        } catch {
            // The socket is closed already: nothing to keep alive.
            logger.debug("accept guard not installed", metadata: ["error": "\(error)"])
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard context.channel.isActive, error is IOError else {
            context.fireErrorCaught(error)
            return
        }
        guard !isPaused else { return }
        isPaused = true
        logger.warning("accepting connections failed, pausing", metadata: ["error": "\(error)"])
        setReading(context, false)
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.pause) {
            let (guardian, context) = loopBound.value
            guardian.isPaused = false
            guardian.setReading(context, true)
        }
    }

    private func setReading(_ context: ChannelHandlerContext, _ isReading: Bool) {
        do {
            try context.channel.syncOptions?.setOption(.autoRead, value: isReading)
        } catch {
            logger.debug("the listening socket is closed", metadata: ["error": "\(error)"])
        }
    }
}
