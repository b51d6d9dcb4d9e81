using System.Runtime.InteropServices;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Models.Gguf;

/// <summary>Reads a GGUF file to its end: whether its numbers are numbers, and what of it this program can use.</summary>
internal static class GgufCheck
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>What is wrong with a file, a sentence each; empty where it can judge.</summary>
    /// <param name="file">Its header, which has been checked already.</param>
    /// <param name="cancellationToken">Looked at between tensors.</param>
    public static IReadOnlyList<string> Faults(GgufFile file, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        List<string> faults = [];
        using FileStream stream = File.OpenRead(file.Path);
        foreach (GgufTensor tensor in file.Tensors)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!IsFinite(stream, tensor))
            {
                faults.Add($"the tensor {tensor.Name} holds numbers that are not finite; the weights are damaged.");
            }
        }

        try
        {
            Tokenizer tokenizer = GgufTokenizer.ReadChat(file).Tokenizer;
            long rows = file.Tensors.FirstOrDefault(tensor => tensor.Name == GgufWeights.EmbeddingName)?.Shape[^1] ?? 0;
            if (rows < tokenizer.VocabularySize)
            {
                faults.Add($"the tokenizer has {tokenizer.VocabularySize} tokens and the embedding {rows} rows; each token needs one.");
            }
        }
        catch (RewardReasoningException fault)
        {
            faults.Add(fault.Message);
        }

        return faults;
    }

    /// <summary>Of the plain types every number is looked at, of Q8_0 every scale; other types are read by llama.cpp alone.</summary>
    private static bool IsFinite(FileStream stream, GgufTensor tensor)
    {
        Func<ReadOnlySpan<byte>, bool>? finite = tensor.Type.Name switch
        {
            nameof(GgufTensorType.F32) => AllFinite<float>,
            nameof(GgufTensorType.F16) => AllFinite<Half>,
            nameof(GgufTensorType.BF16) => AllFiniteBFloat16,
            nameof(GgufTensorType.Q8_0) => Q8Blocks.AreFinite,
            _ => null,
        };
        if (finite is null)
        {
            return true;
        }

        byte[] chunk = new byte[ChunkBytes / tensor.Type.BlockBytes * tensor.Type.BlockBytes];
        stream.Position = tensor.Offset;
        for (long left = tensor.ByteCount; left > 0; )
        {
            int count = (int)Math.Min(left, chunk.Length);
            stream.ReadExactly(chunk, 0, count);
            if (!finite(chunk.AsSpan(0, count)))
            {
                return false;
            }

            left -= count;
        }

        return true;
    }

    private static bool AllFinite<T>(ReadOnlySpan<byte> bytes)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        foreach (T number in MemoryMarshal.Cast<byte, T>(bytes))
        {
            if (!T.IsFinite(number))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AllFiniteBFloat16(ReadOnlySpan<byte> bytes)
    {
        const ushort Exponent = 0x7F80; // all ones: infinite or no number
        foreach (ushort bits in MemoryMarshal.Cast<byte, ushort>(bytes))
        {
            if ((bits & Exponent) == Exponent)
            {
                return false;
            }
        }

        return true;
    }
}
