"""The script that needs TensorFlow is not collected."""

collect_ignore = ["record_keras_2.py"]
