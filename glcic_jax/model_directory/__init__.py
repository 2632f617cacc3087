"""What MODEL means: safetensors and `config.json`, the model card, the Hugging Face Hub."""
