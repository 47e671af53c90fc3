package import MesosAPI

extension DescriptorPool {
    /// agora.v1, and of mesos.v1 what it holds. Its JSON follows the same rules as Mesos's, so `message.mesosJSON(in: .agora)` writes what
    /// a person with curl can read.
    package static let agora = DescriptorPool(base64: agoraDescriptorSet)
}
