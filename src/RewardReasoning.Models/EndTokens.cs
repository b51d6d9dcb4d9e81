using RewardReasoning.Models.Decoder;
using RewardReasoning.Text;
using RewardReasoning.Text.ChatTemplates;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Models;

/// <summary>The tokens that end what a model writes, wherever its folder names them: the one place that decides it.</summary>
/// <param name="Ids">
/// Those of <c>generation_config.json</c>, or of <c>config.json</c> where that names none, and the tokenizer's <c>eos_token</c>.
/// </param>
/// <param name="OfTurn">
/// The one that ends an assistant's turn: what the chat template writes behind an answer, else the <c>eos_token</c>, else the first named.
/// A model may name the end of a document before it. Null where none is named.
/// </param>
internal sealed record EndTokens(IReadOnlyList<int> Ids, int? OfTurn)
{
    /// <summary>Reads them from a model folder.</summary>
    /// <exception cref="RewardReasoningException"><c>tokenizer_config.json</c> cannot be read.</exception>
    public static EndTokens Of(string folder, DecoderConfig config, ChatTokenizer chat) => Of(folder, config, chat.Tokenizer, chat);

    /// <summary>Reads them from a model folder that may have no chat template.</summary>
    /// <inheritdoc cref="Of(string, DecoderConfig, ChatTokenizer)" path="/exception"/>
    public static EndTokens Of(string folder, DecoderConfig config, Tokenizer tokenizer, ChatTokenizer? chat)
    {
        int? named = TokenizerConfig.Load(folder).EosToken is { } text ? tokenizer.FindToken(text) : null;
        int[] ids = [.. config.EosTokenIds.Concat(named is { } id ? [id] : []).Distinct()];
        int? written = chat is null ? null : WrittenByTemplate(chat, ids);
        return new EndTokens(ids, written ?? named ?? (ids.Length > 0 ? ids[0] : null));
    }

    /// <summary>The end token behind which a rendered answer has nothing but white space.</summary>
    private static int? WrittenByTemplate(ChatTokenizer chat, int[] ids)
    {
        int[] rendered;
        try
        {
            rendered = chat.Render([new ChatMessageText("user", "a"), new ChatMessageText("assistant", "b")], new ChatRenderOptions()).Ids;
        }
        catch (ChatTemplateException)
        {
            return null; // a template for conversations of another form
        }

        int last = Array.FindLastIndex(rendered, id => ids.Contains(id));
        return last >= 0 && string.IsNullOrWhiteSpace(chat.Tokenizer.Decode(rendered.AsSpan(last + 1))) ? rendered[last] : null;
    }
}
